import type { ComponentChildren, JSX } from 'preact';

import { working } from '../../actions';
import { useMonitor } from '../../context';
import type { Row } from '../../protocol';
import { isLive } from '../../times';
import { CHIPS, inWords } from '../../tones';
import { count } from '../../ui/format';
import { Progress } from '../../ui/Progress';
import { Mark } from '../../ui/State';
import { t } from '../../words';
import { levelOf, type Heading } from './arrange';
import { KindTag, Left, Ran, Waited } from './cells';
import type { Column } from './columns';
import type { Table } from './table';

interface Props {
  table: Table;
  /** Its place among all lines, from 0, and from the top of the table in pixels. */
  index: number;
  top: number;
  active: boolean;
}

/** One row. Reading signals here, it is drawn again only where it or they have changed. */
export function RowLine({ table, row, index, top, active }: Props & { row: Row }): JSX.Element {
  const monitor = useMonitor();
  const { store } = monitor;
  const selected = table.selected.value.has(row.key);
  const shown = store.shown.value === row.key;
  const open = store.opened.value.has(row.key);
  const level = levelOf(row, store.rows.peek(), table.chosen.value.group);
  const name = <NameCell row={row} level={level} open={open} />;
  return (
    <div
      role="row"
      class={`poj-row${shown ? ' poj-shown' : ''}`}
      data-key={row.key}
      style={{ transform: `translateY(${top}px)` }}
      tabIndex={active ? 0 : -1}
      aria-rowindex={index + 2}
      aria-level={level}
      aria-selected={selected}
      aria-busy={working(monitor).value.has(row.key)}
      {...(row.opens ? { 'aria-expanded': open } : {})}
    >
      <span class="poj-check" aria-hidden="true" />
      {table.narrow.value ? (
        <TwoLines row={row} name={name} />
      ) : (
        table.columns.value.map((column) => (
          <Cell key={column.id} column={column}>
            {column.id === 'name' ? name : column.cell(row)}
          </Cell>
        ))
      )}
    </div>
  );
}

function Cell({ column, children }: { column: Column; children: ComponentChildren }): JSX.Element {
  return (
    <span
      role="gridcell"
      class={column.end ? 'poj-cell poj-end' : 'poj-cell'}
      title={typeof children === 'string' ? children : undefined}
    >
      {children}
    </span>
  );
}

function NameCell({ row, level, open }: { row: Row; level: number; open: boolean }): JSX.Element {
  return (
    <span class="poj-name" style={{ paddingInlineStart: `${(level - 1) * 16}px` }}>
      <span class="poj-twisty" aria-hidden="true">
        {row.opens && <Twisty open={open} />}
      </span>
      <span class="poj-name-words" title={row.name}>
        {row.name || row.id || t('unnamed')}
      </span>
      <KindTag row={row} />
    </span>
  );
}

function Twisty({ open }: { open: boolean }): JSX.Element {
  return (
    <svg viewBox="0 0 12 12" class={open ? 'poj-open' : ''}>
      <path d="M4 2.5 8 6 4 9.5" fill="none" stroke="currentColor" stroke-width="1.5" />
    </svg>
  );
}

/** What tells the most of it, where there is no room for columns. */
function TwoLines({ row, name }: { row: Row; name: JSX.Element }): JSX.Element {
  const hasBar = row.progress >= 0 || Object.keys(row.counts).length > 0;
  const about = row.note || (row.tone === 'running' ? row.node : '') || row.source;
  return (
    <>
      <span role="gridcell" class="poj-two-state" title={row.state}>
        <Mark tone={row.tone} />
        <span class="poj-for-readers">{row.state}</span>
      </span>
      <span role="gridcell" class="poj-two-name">
        {name}
      </span>
      <span role="gridcell" class="poj-two-time">
        {row.started ? <Ran row={row} /> : <Waited row={row} />}
      </span>
      <span role="gridcell" class="poj-two-about" title={about}>
        {[row.state, about, row.id].filter(Boolean).join(' · ')}
      </span>
      <span role="gridcell" class="poj-two-end">
        {hasBar ? (
          <Progress row={row} />
        ) : (
          isLive(row) &&
          row.started > 0 &&
          row.walltime > 0 && (
            <>
              <Left row={row} /> {t('left')}
            </>
          )
        )}
      </span>
    </>
  );
}

/** The line above the rows of a group. */
export function HeadingLine(props: Props & { heading: Heading }): JSX.Element {
  const { table, heading, index, top, active } = props;
  const open = !table.closed.value.has(heading.key);
  const present = CHIPS.filter((chip) => heading.counts[chip]);
  return (
    <div
      role="row"
      class="poj-row poj-heading"
      data-key={heading.key}
      style={{ transform: `translateY(${top}px)` }}
      tabIndex={active ? 0 : -1}
      aria-rowindex={index + 2}
      aria-level={1}
      aria-expanded={open}
    >
      <span role="gridcell" class="poj-heading-cell" aria-colspan={table.columns.value.length}>
        <span class="poj-twisty" aria-hidden="true">
          <Twisty open={open} />
        </span>
        <span class="poj-heading-name">{heading.label}</span>
        <span class="poj-heading-count">{count(heading.rows)}</span>
        <span class="poj-heading-counts" title={inWords(heading.counts)}>
          {present.map((chip) => (
            <span key={chip} class={`poj-is-${chip}`}>
              <Mark tone={chip} />
              {count(heading.counts[chip])}
            </span>
          ))}
        </span>
      </span>
    </div>
  );
}
