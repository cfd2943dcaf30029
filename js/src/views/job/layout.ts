/** Where rows stand, in lines of text from the top. */
export interface Layout {
  height: number;
  top(index: number): number;
  /** The row that is there. */
  at(line: number): number;
}

/** Each row is one line, or as many as it needs where lines have `columns` characters. */
export function layoutOf(widths: readonly number[], columns: number): Layout {
  const count = widths.length;
  const inside = (index: number): number => Math.max(0, Math.min(count - 1, Math.floor(index)));
  if (!columns) return { height: count, top: (index) => index, at: inside };
  const tops = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) {
    tops[i + 1] = (tops[i] ?? 0) + Math.max(1, Math.ceil((widths[i] ?? 0) / columns));
  }
  const top = (index: number): number => tops[Math.max(0, Math.min(count, index))] ?? 0;
  return {
    height: top(count),
    top,
    at(line) {
      let low = 0;
      let high = count;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (top(middle + 1) <= line) low = middle + 1;
        else high = middle;
      }
      return inside(low);
    },
  };
}
