/** Lines come and go this many at a time, so that scrolling by a pixel changes nothing. */
const STEP = 8;

/** Which of `count` lines of `height` pixels to have in the page, when `view` pixels from `top` are in sight. */
export function inSight(
  top: number,
  view: number,
  height: number,
  count: number,
): { from: number; to: number } {
  const from = Math.floor(top / height / STEP) * STEP - STEP;
  const to = Math.ceil((top + view) / height / STEP) * STEP + STEP;
  return { from: Math.max(0, Math.min(from, count - STEP)), to: Math.min(count, to) };
}
