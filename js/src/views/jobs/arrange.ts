import type { Row } from '../../protocol';
import { CHIP_OF, CHIP_WORDS, CHIPS, noCounts, tally, type Chip } from '../../tones';
import { t } from '../../words';
import { KINDS, matcher, type Filter } from './filter';

export type Grouping = 'none' | 'state' | 'kind' | 'host' | 'notebook';

/** A line above the rows that have something in common. */
export interface Heading {
  kind: 'heading';
  key: string;
  label: string;
  /** How many rows are under it. */
  rows: number;
  counts: Record<Chip, number>;
}

/** One line of the table, from the top down. */
export type Line = Row | Heading;

export function isRow(line: Line): line is Row {
  return line.kind !== 'heading';
}

export interface Arranged {
  lines: Line[];
  /** The jobs that fit the words and the kind, by state; what is in one that fits is not counted. */
  counts: Record<Chip, number>;
}

export interface Wish {
  filter: Filter;
  group: Grouping;
  /** Keys of rows that are open to what is in them. */
  opened: ReadonlySet<string>;
  /** Keys of headings that are closed. */
  closed: ReadonlySet<string>;
}

/** The lines to show, of rows that are sorted already. */
export function arrange(sorted: Row[], rows: ReadonlyMap<string, Row>, wish: Wish): Arranged {
  const counts = noCounts();
  const { roots, children } = trees(fitting(sorted, rows, wish.filter, counts), rows);
  const lines: Line[] = [];
  const add = (row: Row): void => {
    lines.push(row);
    if (wish.opened.has(row.key)) children.get(row.key)?.forEach(add);
  };
  if (wish.group === 'none') roots.forEach(add);
  else {
    for (const [heading, under] of groups(roots, wish.group)) {
      lines.push(heading);
      if (!wish.closed.has(heading.key)) under.forEach(add);
    }
  }
  return { lines, counts };
}

/** The rows that fit, and those that hold such rows. Counts the outermost, whatever their state. */
function fitting(
  sorted: Row[],
  rows: ReadonlyMap<string, Row>,
  filter: Filter,
  counts: Record<Chip, number>,
): Row[] {
  const match = matcher(filter, rows);
  const holding = new Set<string>();
  const fits = sorted.map((row) => {
    if (!match.words(row)) return false;
    const parent = rows.get(row.parent);
    if (!parent || !match.words(parent)) tally(counts, row);
    if (!match.state(row)) return false;
    for (let key = row.parent; key && !holding.has(key); key = rows.get(key)?.parent ?? '') {
      holding.add(key);
    }
    return true;
  });
  return sorted.filter((row, index) => fits[index] || holding.has(row.key));
}

function trees(
  fitting: Row[],
  rows: ReadonlyMap<string, Row>,
): { roots: Row[]; children: Map<string, Row[]> } {
  const roots: Row[] = [];
  const children = new Map<string, Row[]>();
  for (const row of fitting) {
    if (!rows.has(row.parent)) roots.push(row);
    else if (!children.get(row.parent)?.push(row)) children.set(row.parent, [row]);
  }
  return { roots, children };
}

function groups(roots: Row[], grouping: Exclude<Grouping, 'none'>): [Heading, Row[]][] {
  const under = new Map<string, Row[]>();
  for (const row of roots) {
    const name = NAMES[grouping](row);
    if (!under.get(name)?.push(row)) under.set(name, [row]);
  }
  const names = [...under.keys()].sort((a, b) => Number(!a) - Number(!b) || a.localeCompare(b));
  const ordered = grouping === 'state' ? CHIPS.filter((chip) => under.has(chip)) : names;
  return ordered.map((name) => {
    const rows = under.get(name) ?? [];
    const counts = noCounts();
    for (const row of rows) tally(counts, row);
    const label = LABELS[grouping](name);
    return [
      { kind: 'heading', key: `${grouping} ${name}`, label, rows: rows.length, counts },
      rows,
    ];
  });
}

const NAMES: Record<Exclude<Grouping, 'none'>, (row: Row) => string> = {
  state: (row) => CHIP_OF[row.tone],
  kind: (row) => row.kind,
  host: (row) => row.node,
  notebook: (row) => row.source.replace(/ \[[^\]]*\]$/, ''), // without the cell's number
};

const LABELS: Record<Exclude<Grouping, 'none'>, (name: string) => string> = {
  state: (name) => CHIP_WORDS[name as Chip](),
  kind: (name) => KINDS[name as Row['kind']](),
  host: (name) => name || t('on no node'),
  notebook: (name) => name || t('from no notebook'),
};

/** How deep a line is: 1 at the top. */
export function levelOf(line: Line, rows: ReadonlyMap<string, Row>, grouping: Grouping): number {
  if (line.kind === 'heading') return 1;
  const parent = rows.get(line.parent);
  return parent ? levelOf(parent, rows, grouping) + 1 : grouping === 'none' ? 1 : 2;
}
