/** The hours in sight: seconds from now to the left edge, and from there to the right one. */
export interface Span {
  start: number;
  length: number;
}

export const HOUR = 3600;
export const FIRST_SPAN: Span = { start: -2 * HOUR, length: 8 * HOUR };

const SHORTEST = 10 * 60;
const LONGEST = 14 * 24 * HOUR;

/** Show `factor` times as much; the moment at `place` (0 to 1, from the left) stays there. */
export function zoom(span: Span, factor: number, place = 0.5): Span {
  const length = Math.min(LONGEST, Math.max(SHORTEST, span.length * factor));
  return within({ start: span.start + (span.length - length) * place, length });
}

/** Move by a part of what is in sight; to later if positive. */
export function pan(span: Span, part: number): Span {
  return within({ start: span.start + span.length * part, length: span.length });
}

/** Move no more than needed to see the moment, in seconds from now. */
export function reveal(span: Span, moment: number): Span {
  const end = span.start + span.length;
  if (moment >= span.start && moment <= end) return span;
  return within({ start: moment - span.length / 4, length: span.length });
}

function within(span: Span): Span {
  const start = Math.min(LONGEST, Math.max(-LONGEST, span.start));
  return { start, length: span.length };
}

/** What to ask for so that one can move a little without asking again; in seconds from now. */
export function asked(span: Span): { from: number; to: number } {
  const margin = span.length / 2;
  return { from: span.start - margin, to: span.start + span.length + margin };
}
