import { batch } from '@preact/signals';

import { isRow, type Line } from './arrange';
import type { Table } from './table';

/** What selects: the table's selection, and the row from which a range goes. */
export class Selection {
  private anchor = '';

  constructor(private readonly table: Table) {}

  /** This one alone. */
  only(key: string): void {
    this.put(key, [key]);
  }

  /** This one too, or no longer. */
  toggle(key: string): void {
    const keys = new Set(this.table.selected.peek());
    if (!keys.delete(key)) keys.add(key);
    this.put(key, keys);
  }

  /** All from where the last selection began. */
  upTo(key: string): void {
    const lines = this.lines();
    const at = (wanted: string): number => lines.findIndex((line) => line.key === wanted);
    const end = at(key);
    const start = at(this.anchor) < 0 ? end : at(this.anchor);
    const range = lines.slice(Math.min(start, end), Math.max(start, end) + 1);
    const anchor = this.anchor || key;
    this.put(
      key,
      range.filter(isRow).map((row) => row.key),
    );
    this.anchor = anchor;
  }

  all(): void {
    this.table.selected.value = new Set(
      this.lines()
        .filter(isRow)
        .map((row) => row.key),
    );
  }

  none(): void {
    this.table.selected.value = new Set();
  }

  private put(key: string, keys: Iterable<string>): void {
    this.anchor = key;
    batch(() => {
      this.table.active.value = key;
      this.table.selected.value = new Set(keys);
    });
  }

  private lines(): Line[] {
    return this.table.arranged.peek().lines;
  }
}
