import type { LogPart } from '../../protocol';
import { plain } from './terminal';

/** Characters in a row; a longer line is continued on the next row. */
export const LONGEST = 8_000;
/** What is held of a file at once, in characters and rows. */
export const MOST = 20_000_000;
const MOST_ROWS = 500_000;

interface Part {
  from: number;
  to: number;
  /** How many characters of it are held. */
  length: number;
}

/**
 * A part of a file, from one byte to another, as rows. It grows at both ends, and what is too much
 * goes from the other one. A row keeps its number (`base` is that of the first) while it is held.
 * Each ends with its line's newline; one without is continued on the next.
 */
export class Lines {
  rows: string[] = [];
  /** How many characters of each are seen. */
  widths: number[] = [];
  base = 0;
  /** How many characters the widest has that was held. */
  widest = 0;
  /** Moves when all rows are replaced: numbers from before mean nothing then. */
  epoch = 0;
  private parts: Part[] = [];
  private length = 0;

  get from(): number {
    return this.parts[0]?.from ?? 0;
  }

  get to(): number {
    return this.parts.at(-1)?.to ?? 0;
  }

  /** Whether another part would push one out at the other end. */
  get full(): boolean {
    return this.length > 0.98 * MOST || this.rows.length > 0.5 * MOST_ROWS;
  }

  replace(part: LogPart): void {
    this.rows = [];
    this.widths = [];
    this.parts = [];
    this.base = this.widest = this.length = 0;
    this.epoch += 1;
    this.append(part);
  }

  append(part: LogPart): void {
    const last = this.rows.at(-1) ?? '';
    const open = last.endsWith('\n') ? '' : last;
    if (open) this.cut(this.rows.length - 1, 1);
    const text = open + part.text;
    const rows = split(text);
    for (const row of rows) this.put(row);
    // What a carriage return wrote over was the beginning of the open row, or is in this part.
    const lost = text.length - total(rows);
    const firstLine = text.indexOf('\n') + 1 || text.length;
    const ofOpen = open ? Math.min(open.length, overwritten(text.slice(0, firstLine))) : 0;
    this.shorten(open.length, ofOpen);
    this.parts.push({
      from: part.from,
      to: part.to,
      length: part.text.length - (lost - ofOpen),
    });
    this.length += part.text.length - lost;
    while (this.tooMuch()) this.dropFirst();
  }

  prepend(part: LogPart): void {
    const joined = part.text.endsWith('\n') ? '' : (this.rows[0] ?? '');
    if (joined) this.cut(0, 1);
    const text = part.text + joined;
    const rows = split(text);
    const lost = text.length - total(rows);
    const widths = rows.map(widthOf);
    this.rows = rows.concat(this.rows);
    this.widths = widths.concat(this.widths);
    this.widest = widths.reduce((a, b) => Math.max(a, b), this.widest);
    this.base -= rows.length - (joined ? 1 : 0);
    this.parts.unshift({ from: part.from, to: part.to, length: part.text.length - lost });
    this.length += part.text.length - lost;
    while (this.tooMuch()) this.dropLast();
  }

  /** The lines as they are seen, joined. */
  text(): string {
    return this.rows.map((row) => plain(row) + (row.endsWith('\n') ? '\n' : '')).join('');
  }

  private tooMuch(): boolean {
    return this.parts.length > 1 && (this.length > MOST || this.rows.length > MOST_ROWS);
  }

  private put(row: string): void {
    const width = widthOf(row);
    this.rows.push(row);
    this.widths.push(width);
    if (width > this.widest) this.widest = width;
  }

  private cut(at: number, count: number): void {
    this.rows.splice(at, count);
    this.widths.splice(at, count);
  }

  /** Of the last `open` characters, the first `lost` are gone. */
  private shorten(open: number, lost: number): void {
    this.length -= lost;
    let keep = open - lost;
    for (let i = this.parts.length - 1; i >= 0 && lost > 0; i--) {
      const part = this.parts[i] as Part;
      const kept = Math.min(part.length, keep);
      const gone = Math.min(part.length - kept, lost);
      keep -= kept;
      lost -= gone;
      part.length -= gone;
    }
  }

  private dropFirst(): void {
    let rest = this.parts.shift()?.length ?? 0;
    this.length -= rest;
    let count = 0;
    for (let row; (row = this.rows[count]) !== undefined && rest >= row.length; count++) {
      rest -= row.length;
    }
    this.cut(0, count);
    this.base += count;
    this.rewrite(0, this.rows[0]?.slice(rest));
  }

  private dropLast(): void {
    let rest = this.parts.pop()?.length ?? 0;
    this.length -= rest;
    let end = this.rows.length;
    for (let row; (row = this.rows[end - 1]) !== undefined && rest >= row.length; end--) {
      rest -= row.length;
    }
    this.cut(end, this.rows.length - end);
    this.rewrite(end - 1, this.rows[end - 1]?.slice(0, -rest || undefined));
  }

  private rewrite(at: number, row: string | undefined): void {
    if (row === undefined) return;
    this.rows[at] = row;
    this.widths[at] = widthOf(row);
  }
}

const widthOf = (row: string): number => plain(row).length;
const total = (rows: string[]): number => rows.reduce((sum, row) => sum + row.length, 0);

/** Lines with their newlines, none longer than `LONGEST`, each as its carriage returns left it. */
function split(text: string): string[] {
  const rows: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at) + 1 || text.length;
    let line = text.slice(at, end);
    line = line.slice(overwritten(line));
    // One more for the newline, which needs no row of its own.
    while (line.length > LONGEST + 1) {
      const cut = LONGEST - (isHighSurrogate(line.charCodeAt(LONGEST - 1)) ? 1 : 0);
      rows.push(line.slice(0, cut));
      line = line.slice(cut);
    }
    rows.push(line);
    at = end;
  }
  return rows;
}

const isHighSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xd800;

/** How many characters at a line's beginning the last carriage return before more text undid. */
function overwritten(line: string): number {
  let end = line.length;
  while (end > 0 && (line[end - 1] === '\n' || line[end - 1] === '\r')) end--;
  return end ? Math.max(0, line.lastIndexOf('\r', end - 1)) : 0;
}
