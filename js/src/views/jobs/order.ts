import type { Row } from '../../protocol';

export type Compare = (a: Row, b: Row) => number;

/** Order by a value; what has none comes last both ways; what is equal, the newest first, by place. */
export function comparing(value: (row: Row) => string | number, descending: boolean): Compare {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const one = value(a);
    const other = value(b);
    if (one !== other) {
      const bare = Number(isNothing(one)) - Number(isNothing(other));
      const by =
        bare || sign * (typeof one === 'number' ? one - Number(other) : byText(one, other));
      if (by) return by;
    }
    return b.submitted - a.submitted || a.place - b.place || byText(a.key, b.key);
  };
}

function isNothing(value: string | number): boolean {
  return value === '' || (typeof value === 'number' && value < 0);
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function byText(a: string, b: string | number): number {
  return collator.compare(a, String(b));
}

/**
 * Keeps rows sorted: those that are new or have changed are sorted among themselves and put in
 * their places, so that a change among ten thousand costs no sorting of ten thousand.
 */
export function keepSorted(): (rows: ReadonlyMap<string, Row>, compare: Compare) => Row[] {
  let sorted: Row[] = [];
  let before: ReadonlyMap<string, Row> = new Map();
  let by: Compare | null = null;
  return (rows, compare) => {
    if (compare !== by) {
      sorted = [...rows.values()].sort(compare);
    } else if (rows !== before) {
      const stayed = sorted.filter((row) => rows.get(row.key) === row);
      const fresh = [...rows.values()].filter((row) => before.get(row.key) !== row);
      sorted = merge(stayed, fresh.sort(compare), compare);
    }
    before = rows;
    by = compare;
    return sorted;
  };
}

function merge(stayed: Row[], fresh: Row[], compare: Compare): Row[] {
  const merged: Row[] = [];
  let at = 0;
  for (const row of fresh) {
    const place = placeOf(row, stayed, at, compare);
    for (const before of stayed.slice(at, place)) merged.push(before);
    merged.push(row);
    at = place;
  }
  return merged.concat(stayed.slice(at));
}

/** The index in `rows`, from `low` on, of the first that comes after `row`. */
function placeOf(row: Row, rows: Row[], low: number, compare: Compare): number {
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = rows[middle];
    if (there && compare(there, row) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
