import type { Lines } from './lines';
import { plain } from './terminal';

/** Where a text was found: the row's number, the character in it as it is seen, how many. */
export interface Match {
  row: number;
  at: number;
  length: number;
}

const MOST_MATCHES = 50_000;

/** Finds a text, in whatever case, in rows as they come and go. */
export class Finder {
  matches: Match[] = [];
  private readonly pattern: RegExp;
  private readonly any: RegExp; // the same, which only tells whether; most rows have none
  private epoch = -1;
  // The rows that were looked at, by number: from the first to before the last.
  private first = 0;
  private last = 0;

  constructor(
    private readonly lines: Lines,
    text: string,
  ) {
    this.pattern = new RegExp(literal(text), 'gi');
    this.any = new RegExp(literal(text), 'i');
  }

  /** Whether there are more than are counted. */
  get more(): boolean {
    return this.matches.length >= MOST_MATCHES;
  }

  /** Look at the rows that came, forget those that went. */
  update(): void {
    const { base, rows, epoch } = this.lines;
    const end = base + rows.length;
    if (epoch !== this.epoch || this.last < base || this.first > end) {
      this.epoch = epoch;
      this.matches = [];
      this.first = this.last = base;
    }
    const first = Math.max(base, this.first);
    // The last row may have grown since, and the first have got a beginning.
    const last = Math.min(end, this.last) - 1;
    const kept = this.matches.filter((match) => match.row > first && match.row < last);
    this.matches = [
      ...this.look(base, Math.min(first + 1, end)),
      ...kept,
      ...this.look(Math.max(last, first + 1), end),
    ];
    this.first = base;
    this.last = end;
  }

  /** Where a match is among all of them, or -1. */
  indexOf(match: Match): number {
    return this.matches.findIndex((one) => one.row === match.row && one.at === match.at);
  }

  /** The matches in one row. */
  inRow(row: string): [number, number][] {
    const seen = plain(row);
    if (!this.any.test(seen)) return [];
    return Array.from(seen.matchAll(this.pattern), (m) => [m.index, m.index + m[0].length]);
  }

  private look(from: number, to: number): Match[] {
    const found: Match[] = [];
    for (let number = from; number < to && found.length < MOST_MATCHES; number++) {
      for (const [at, end] of this.inRow(this.lines.rows[number - this.lines.base] ?? '')) {
        found.push({ row: number, at, length: end - at });
      }
    }
    return found;
  }
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
