import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';

import type { Monitor } from '../../context';
import type { Row } from '../../protocol';
import { arrange, isRow, type Arranged, type Grouping } from './arrange';
import { columnOf, usual, type Column } from './columns';
import { EVERYTHING, type Filter } from './filter';
import { comparing, keepSorted } from './order';

/** What a person has chosen of the table, and keeps for later visits. */
interface Kept {
  sort: { column: string; descending: boolean };
  group: Grouping;
  columns: string[] | null;
  widths: Record<string, number>;
}

const FIRST: Kept = {
  sort: { column: 'submitted', descending: true },
  group: 'none',
  columns: null,
  widths: {},
};

const NAME = 'jobs-table';
/** Values that change with the clock are sorted anew after so many seconds. */
const SORTS_ANEW = 10;
/** Below so many pixels a row has two lines and no columns. */
export const NARROW = 530;
/** Below so many, states show no words, and the kind is among the options. */
export const ROOMY = 1000;

/** The table of jobs: what is chosen, what is shown, what is selected. */
export interface Table {
  filter: Signal<Filter>;
  chosen: Signal<Kept>;
  /** The width of the table, in pixels. */
  width: Signal<number>;
  narrow: ReadonlySignal<boolean>;
  columns: ReadonlySignal<Column[]>;
  arranged: ReadonlySignal<Arranged>;
  /** Keys of the headings that are closed. */
  closed: Signal<ReadonlySet<string>>;
  selected: Signal<ReadonlySet<string>>;
  /** Those of them that are among the lines: nothing is done to what nobody sees. */
  selectedRows: ReadonlySignal<Row[]>;
  /** The key of the line that the keyboard is at. */
  active: Signal<string>;
  choose(choice: Partial<Kept>): void;
  sortBy(column: string): void;
  dispose(): void;
}

export function makeTable({ store, host }: Monitor): Table {
  const filter = signal(EVERYTHING);
  const chosen = signal<Kept>(FIRST);
  const width = signal(800); // until it is measured
  const closed = signal<ReadonlySet<string>>(new Set());
  const selected = signal<ReadonlySet<string>>(new Set());
  const active = signal('');

  const narrow = computed(() => width.value < NARROW);
  const columns = computed(() =>
    (chosen.value.columns ?? usual(width.value)).flatMap((id) => columnOf(id) ?? []),
  );

  const sort = computed(() => chosen.value.sort);
  const clock = computed(() => {
    return columnOf(sort.value.column)?.ticks
      ? Math.floor(store.now.value / SORTS_ANEW) * SORTS_ANEW
      : 0;
  });
  const compare = computed(() => {
    const column = columnOf(sort.value.column);
    const now = clock.value;
    return comparing((row) => column?.value(row, now) ?? '', sort.value.descending);
  });
  const keep = keepSorted();
  const sorted = computed(() => keep(store.rows.value, compare.value));
  const group = computed(() => chosen.value.group);
  const arranged = computed(() =>
    arrange(sorted.value, store.rows.value, {
      filter: filter.value,
      group: group.value,
      opened: store.opened.value,
      closed: closed.value,
    }),
  );
  const selectedRows = computed(() =>
    arranged.value.lines.filter(isRow).filter((row) => selected.value.has(row.key)),
  );

  void host.kept(NAME).then((kept) => {
    if (chosen.value === FIRST) chosen.value = { ...FIRST, ...understood(kept) };
  });
  const stopForgetting = effect(() => {
    // What is gone is selected no more.
    const rows = store.rows.value;
    const there = [...selected.peek()].filter((key) => rows.has(key));
    if (there.length < selected.peek().size) selected.value = new Set(there);
  });

  const choose = (choice: Partial<Kept>): void => {
    chosen.value = { ...chosen.value, ...choice };
    host.keep(NAME, chosen.value);
  };
  return {
    filter,
    chosen,
    width,
    narrow,
    columns,
    arranged,
    closed,
    selected,
    selectedRows,
    active,
    choose,
    sortBy(column) {
      const { sort } = chosen.value;
      const first = !!columnOf(column)?.down;
      const descending = sort.column === column ? !sort.descending : first;
      choose({ sort: { column, descending } });
    },
    dispose: stopForgetting,
  };
}

/** What was kept may be an older version's, or anybody's. */
function understood(kept: unknown): Partial<Kept> {
  const { sort, group, columns, widths } = (kept ?? {}) as Partial<Kept>;
  const known = Array.isArray(columns) ? columns.filter(columnOf) : [];
  const numbers = Object.entries(widths ?? {}).filter(([, width]) => width > 20 && width < 4000);
  return {
    ...(sort && columnOf(sort.column)
      ? { sort: { column: sort.column, descending: sort.descending } }
      : {}),
    ...(group && GROUPINGS.includes(group) ? { group } : {}),
    ...(known.length ? { columns: [...new Set(known)] } : {}),
    widths: Object.fromEntries(numbers),
  };
}

export const GROUPINGS: Grouping[] = ['none', 'state', 'kind', 'host', 'notebook'];
