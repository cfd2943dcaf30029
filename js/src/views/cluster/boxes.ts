import { laneCount, type Bar, type HostRow } from './layout';

/** The hours in sight and the pixels that they are drawn on. */
export class TimeScale {
  constructor(
    /** The moment at the left edge, and the length of what is in sight; in seconds. */
    readonly left: number,
    readonly length: number,
    readonly width: number,
  ) {}

  x(time: number): number {
    return ((time - this.left) / this.length) * this.width;
  }
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Room above and below the lanes of a row, in pixels. */
const MARGIN = 2;

/** Where a bar is drawn within its row, cut to what is in sight; null where nothing of it is. */
export function boxOf(bar: Bar, row: HostRow, height: number, scale: TimeScale): Box | null {
  const left = Math.max(-2, scale.x(bar.job.start));
  const right = Math.min(scale.width + 2, scale.x(bar.job.stop));
  if (right < 0 || left > scale.width) return null;
  const lane = (height - 2 * MARGIN) / laneCount(row.host);
  const length = right - left;
  return {
    x: left,
    y: MARGIN + bar.lane * lane,
    width: Math.max(1, length > 4 ? length - 1 : length),
    height: Math.max(0.75, bar.lanes * lane - (lane > 4 ? 1 : 0)),
  };
}

/** Many boxes as one path: thousands are drawn as fast as a few. */
export class BoxPath {
  private parts: string[] = [];
  private drawn = new Map<number, number>();

  add({ x, y, width, height }: Box, top: number): void {
    // What falls on the pixels of the one before in its lane need not be drawn.
    const right = x + width;
    if (right - (this.drawn.get(top + y) ?? -Infinity) < 0.3) return;
    this.drawn.set(top + y, right);
    const w = width.toFixed(1);
    this.parts.push(`M${x.toFixed(1)} ${(top + y).toFixed(1)}h${w}v${height.toFixed(1)}h-${w}z`);
  }

  toString(): string {
    return this.parts.join('');
  }
}

/** The bar at a place within a row; of several, the one that is drawn last. */
export function barAt(
  row: HostRow,
  x: number,
  y: number,
  height: number,
  scale: TimeScale,
): Bar | undefined {
  return row.bars.findLast((bar) => {
    const box = boxOf(bar, row, height, scale);
    if (!box) return false;
    const spare = Math.max(0, 3 - box.height) / 2;
    return (
      x >= box.x - 1 &&
      x <= box.x + box.width + 1 &&
      y >= box.y - spare &&
      y <= box.y + box.height + spare
    );
  });
}
