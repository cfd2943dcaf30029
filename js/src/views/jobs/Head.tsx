import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';

import { t } from '../../words';
import type { Column } from './columns';
import type { Table } from './table';

/** How far a key press widens a column, in pixels. */
const STEP = 16;
const LEAST = 40;

/** The names of the columns: sorted by, dragged to their place, drawn wider. */
export function Head({ table }: { table: Table }): JSX.Element {
  const columns = table.columns.value;
  const { sort } = table.chosen.value;
  const at = useSignal(0);
  const head = useRef<HTMLDivElement>(null);

  function focus(index: number): void {
    at.value = Math.max(0, Math.min(index, columns.length - 1));
    head.current?.querySelectorAll<HTMLElement>('[role=columnheader]')[at.value]?.focus();
  }

  function onKey(event: KeyboardEvent, column: Column, index: number): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step && event.shiftKey) {
      widen(table, column, event.currentTarget as HTMLElement, step * STEP);
    } else if (step && event.ctrlKey) {
      const next = columns[index + step];
      if (next) moveColumn(table, column.id, next.id);
      focus(index + step);
    } else if (step) focus(index + step);
    else if (event.key === 'Enter' || event.key === ' ') table.sortBy(column.id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div role="row" class="poj-head" aria-rowindex={1} ref={head}>
      <span aria-hidden="true" />
      {columns.map((column, index) => {
        const sorted = sort.column === column.id;
        const way = sort.descending ? 'descending' : 'ascending';
        return (
          <span
            key={column.id}
            role="columnheader"
            class={column.end ? 'poj-column poj-end' : 'poj-column'}
            tabIndex={index === Math.min(at.value, columns.length - 1) ? 0 : -1}
            aria-sort={sorted ? way : 'none'}
            title={t('%1: click to sort, drag to move', column.label())}
            draggable
            onClick={() => table.sortBy(column.id)}
            onKeyDown={(event) => onKey(event, column, index)}
            onFocus={() => {
              at.value = index;
            }}
            onDragStart={(event) => event.dataTransfer?.setData(DRAGGED, column.id)}
            onDragOver={(event) => {
              if (event.dataTransfer?.types.includes(DRAGGED)) event.preventDefault();
            }}
            onDrop={(event) => {
              const dragged = event.dataTransfer?.getData(DRAGGED);
              if (dragged) moveColumn(table, dragged, column.id);
            }}
          >
            <span class="poj-column-name">{column.label()}</span>
            {sorted && (
              <svg class="poj-sorted" viewBox="0 0 8 8" aria-hidden="true">
                <path d={sort.descending ? 'M1 2.5 4 6 7 2.5' : 'M1 5.5 4 2 7 5.5'} />
              </svg>
            )}
            <Edge table={table} column={column} />
          </span>
        );
      })}
    </div>
  );
}

const DRAGGED = 'application/x-poj-column';

/** Where a column is drawn wider; twice clicked, it has its usual width again. */
function Edge({ table, column }: { table: Table; column: Column }): JSX.Element {
  const last = useRef(0);
  return (
    <span
      class="poj-edge"
      aria-hidden="true"
      draggable
      onDragStart={(event) => {
        event.preventDefault(); // it is the column that is dragged by its name
        event.stopPropagation();
      }}
      onClick={(event) => event.stopPropagation()}
      onDblClick={() => {
        const widths = Object.entries(table.chosen.value.widths);
        table.choose({ widths: Object.fromEntries(widths.filter(([id]) => id !== column.id)) });
      }}
      onPointerDown={(event) => {
        last.current = event.clientX;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const whole = event.currentTarget.parentElement;
        if (whole) widen(table, column, whole, event.clientX - last.current);
        last.current = event.clientX;
      }}
    />
  );
}

function widen(table: Table, column: Column, element: HTMLElement, by: number): void {
  const { widths } = table.chosen.value;
  const width = (widths[column.id] ?? element.offsetWidth) + by;
  table.choose({ widths: { ...widths, [column.id]: Math.max(LEAST, Math.round(width)) } });
}

/** Put a column where another one is. */
export function moveColumn(table: Table, id: string, to: string): void {
  const ids = table.columns.value.map((column) => column.id);
  const place = ids.indexOf(to);
  const columns = ids.filter((one) => one !== id);
  columns.splice(place, 0, id);
  if (place >= 0) table.choose({ columns });
}
