import type { Row } from './protocol';

/** What is not known sorts last and shows as nothing. */
const UNKNOWN = -1;

/** Whether it is known how it ended; OAR says so a moment after its last event. */
export function isOver(row: Row): boolean {
  return row.tone !== 'idle' && row.tone !== 'waiting' && row.tone !== 'running';
}

/** Whether time still runs for it. */
export function isLive(row: Row): boolean {
  return !row.ended && !isOver(row);
}

/** Seconds in the queue, so far or until it started. */
export function waited(row: Row, now: number): number {
  const end = row.started || row.ended || (isLive(row) ? now : 0);
  return row.submitted && end ? Math.max(0, end - row.submitted) : UNKNOWN;
}

/** Seconds at work, so far or in all. */
export function ran(row: Row, now: number): number {
  const end = row.ended || (isLive(row) ? now : 0);
  return row.started && end ? Math.max(0, end - row.started) : UNKNOWN;
}

/** Seconds until the walltime is over, for what is running. */
export function left(row: Row, now: number): number {
  if (!row.started || !row.walltime || !isLive(row)) return UNKNOWN;
  return Math.max(0, row.started + row.walltime - now);
}
