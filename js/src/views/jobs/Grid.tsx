import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';

import { useMonitor } from '../../context';
import { useSize } from '../../ui/useSize';
import { t } from '../../words';
import { isRow, type Line } from './arrange';
import { Head } from './Head';
import { onKey, setOpen, type Hands } from './keys';
import { HeadingLine, RowLine } from './Line';
import { inSight } from './sight';
import type { Selection } from './select';
import type { Table } from './table';

/** Heights in pixels: style/jobs.css has the same. */
const ROW = 28;
const TWO_LINES = 46;
const HEAD = 28;
/** The width of the box to tick. */
const BOX = 26;
/** The details follow the keyboard once it has rested so many milliseconds. */
const SETTLES = 150;

/** The rows: only those in sight are in the page. */
export function Grid({ table, selection }: { table: Table; selection: Selection }): JSX.Element {
  const monitor = useMonitor();
  const scroller = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const view = useSignal(600);
  const wantsFocus = useRef(false);
  const following = useRef<ReturnType<typeof setTimeout>>();
  useSize(scroller, (_, height) => {
    view.value = height;
  });

  const lines = table.arranged.value.lines;
  const narrow = table.narrow.value;
  const height = narrow ? TWO_LINES : ROW;
  const from = useComputed(() => sight().from).value;
  const to = useComputed(() => sight().to).value;
  const activeAt = useComputed(() => {
    const key = table.active.value;
    return Math.max(
      0,
      table.arranged.value.lines.findIndex((line) => line.key === key),
    );
  }).value;

  function sight(): { from: number; to: number } {
    const height = table.narrow.value ? TWO_LINES : ROW;
    return inSight(top.value, view.value, height, table.arranged.value.lines.length);
  }

  const hands = useMemo<Hands>(
    () => ({
      monitor,
      table,
      selection,
      page: () => Math.max(1, Math.floor((view.peek() - HEAD) / rowHeight(table)) - 1),
      goTo(index) {
        const line = table.arranged.peek().lines[index];
        if (!line) return;
        table.active.value = line.key;
        bring(scroller.current, index * rowHeight(table), rowHeight(table), headHeight(table));
        top.value = scroller.current?.scrollTop ?? 0;
        wantsFocus.current = true;
        clearTimeout(following.current);
        if (!isRow(line)) return;
        following.current = setTimeout(() => {
          const rests = table.active.peek() === line.key;
          if (rests && monitor.store.shown.peek()) monitor.store.show(line.key);
        }, SETTLES);
      },
    }),
    [monitor, table, selection, top, view],
  );

  useLayoutEffect(() => {
    const line = wantsFocus.current && lines[activeAt];
    if (!line) return;
    wantsFocus.current = false;
    elementOf(scroller.current, line.key)?.focus({ preventScroll: true });
  });

  function clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const element = target.closest<HTMLElement>('[data-key]');
    const line = lines.find((one) => one.key === element?.dataset['key']);
    if (!line || !element) return;
    element.focus({ preventScroll: true });
    table.active.value = line.key;
    if (!isRow(line)) {
      setOpen(line, table.closed.peek().has(line.key), hands);
      return;
    }
    if (target.closest('.poj-twisty') && line.opens) {
      setOpen(line, !monitor.store.opened.peek().has(line.key), hands);
    } else if (event.shiftKey) selection.upTo(line.key);
    else if (event.ctrlKey || event.metaKey || target.closest('.poj-check')) {
      selection.toggle(line.key);
    } else {
      selection.only(line.key);
      if (target.closest('.poj-name-words') || monitor.store.shown.peek())
        monitor.store.show(line.key);
    }
  }

  function draw(line: Line, index: number): JSX.Element {
    const props = { table, index, top: index * height, active: index === activeAt };
    return isRow(line) ? (
      <RowLine key={line.key} row={line} {...props} />
    ) : (
      <HeadingLine key={line.key} heading={line} {...props} />
    );
  }

  const drawn = lines.slice(from, to).map((line, index) => draw(line, from + index));
  const active = lines[activeAt];
  // The line with the focus stays in the page when it is scrolled away.
  if (active && activeAt < from) drawn.unshift(draw(active, activeAt));
  if (active && activeAt >= to) drawn.push(draw(active, activeAt));

  return (
    <div
      ref={scroller}
      class="poj-grid"
      role="treegrid"
      aria-label={t('Jobs')}
      aria-multiselectable="true"
      aria-rowcount={lines.length + 1}
      aria-colcount={narrow ? 5 : table.columns.value.length}
      style={narrow ? {} : tracks(table)}
      onScroll={(event) => {
        top.value = event.currentTarget.scrollTop;
      }}
      onKeyDown={(event) => {
        if ((event.target as Element).closest('.poj-rows')) onKey(event, hands);
      }}
    >
      <div class="poj-sheet">
        {!narrow && <Head table={table} />}
        <div
          role="rowgroup"
          class={table.selected.value.size > 1 ? 'poj-rows poj-choosing' : 'poj-rows'}
          style={{ blockSize: `${lines.length * height}px` }}
          onMouseDown={(event) => {
            if (event.shiftKey) event.preventDefault(); // a range of rows, not of text
          }}
          onClick={clicked}
          onDblClick={(event) => {
            const key = keyOf(event);
            if (key && monitor.store.rows.peek().has(key)) monitor.store.show(key);
          }}
          onFocusIn={(event) => {
            table.active.value = keyOf(event) ?? table.active.value; // screen readers set it, too
          }}
        >
          {drawn}
        </div>
      </div>
    </div>
  );
}

function keyOf(event: Event): string | undefined {
  return (event.target as Element).closest<HTMLElement>('.poj-row')?.dataset['key'];
}

function rowHeight(table: Table): number {
  return table.narrow.peek() ? TWO_LINES : ROW;
}

function headHeight(table: Table): number {
  return table.narrow.peek() ? 0 : HEAD;
}

/** Scroll no further than is needed to see the line whole. */
function bring(scroller: HTMLElement | null, top: number, height: number, head: number): void {
  if (!scroller) return;
  const view = scroller.clientHeight - head;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + height > scroller.scrollTop + view) scroller.scrollTop = top + height - view;
}

function elementOf(scroller: HTMLElement | null, key: string): HTMLElement | undefined {
  const lines = scroller?.querySelectorAll<HTMLElement>('.poj-row') ?? [];
  return [...lines].find((line) => line.dataset['key'] === key);
}

/** The columns, for CSS: their tracks, and the least width that these need. */
function tracks(table: Table): Record<string, string> {
  const { widths } = table.chosen.value;
  const columns = table.columns.value.map(({ id, width, grow }) => {
    const own = widths[id];
    return { least: own ?? width, grow: own ? 0 : (grow ?? 0) };
  });
  const sizes = columns.map(({ least, grow }) =>
    grow ? `minmax(${least}px, ${grow}fr)` : `${least}px`,
  );
  const all = columns.reduce((sum, { least }) => sum + least, BOX);
  return { '--poj-columns': `${BOX}px ${sizes.join(' ')}`, '--poj-least': `${all}px` };
}
