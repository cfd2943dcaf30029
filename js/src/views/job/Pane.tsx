import type { JSX, RefObject } from 'preact';
import { useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { layoutOf } from './layout';
import type { Reader } from './reader';
import type { Finder, Match } from './search';
import { pieces, PLAIN, styleAfter, type Style } from './terminal';
import { Pieces } from './TerminalText';

/** What others may do with the pane. */
export interface PaneHandle {
  /** The number of the row at its top. */
  top(): number;
  show(match: Match): void;
  /** To the start of the output. */
  start(): void;
  focus(): void;
}

interface PaneProps {
  reader: Reader;
  label: string;
  wrap: boolean;
  finder: Finder | null;
  current: Match | null;
  handle: RefObject<PaneHandle>;
}

interface Box {
  height: number;
  /** The height of a line and the width of a character, in pixels. */
  line: number;
  character: number;
  columns: number;
}

const EXTRA = 12; // rows drawn above and below those in sight
const NEAR = 20; // lines from an end at which more is read
const COLOURS_FROM = 200; // rows above the first drawn in which a colour may begin

/** The rows in sight, of as many as there are. */
export function Pane({ reader, label, wrap, finder, current, handle }: PaneProps): JSX.Element {
  const { lines } = reader;
  const version = reader.version.value;
  const following = reader.following.value;
  const element = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const box = useBox(element, probe);
  const columns = wrap ? box.columns : 0;
  const layout = useMemo(() => layoutOf(lines.widths, columns), [lines, version, columns]);
  const [moved, redraw] = useState(0);
  // The row at the top, by its number, and how many pixels of it are above.
  const anchor = useRef({ epoch: 0, row: 0, offset: 0 });
  const last = useRef(0);

  const setAnchor = (top: number): void => {
    const index = layout.at(top / box.line);
    const offset = top - layout.top(index) * box.line;
    anchor.current = { epoch: lines.epoch, row: lines.base + index, offset };
  };
  const bottom = Math.max(0, layout.height * box.line - box.height);
  const topNow = (): number => {
    if (following) return bottom;
    const { epoch, row, offset } = anchor.current;
    if (epoch !== lines.epoch || row < lines.base) return 0;
    return Math.max(0, Math.min(bottom, layout.top(row - lines.base) * box.line + offset));
  };

  useLayoutEffect(() => {
    const pane = element.current;
    if (!pane) return;
    const top = topNow();
    if (Math.abs(pane.scrollTop - top) > 1) pane.scrollTop = following ? pane.scrollHeight : top;
    last.current = pane.scrollTop;
    setAnchor(top);
  }, [layout, following, box, moved]);

  useImperativeHandle(handle, () => ({
    top: () => anchor.current.row,
    focus: () => element.current?.focus(),
    start() {
      void reader.toStart();
      anchor.current = { epoch: lines.epoch, row: lines.base, offset: 0 };
      redraw((count) => count + 1);
    },
    show(match) {
      reader.stay();
      const inside = columns ? Math.floor(match.at / columns) * box.line : 0;
      anchor.current = {
        epoch: lines.epoch,
        row: match.row,
        offset: inside - box.height / 3,
      };
      const pane = element.current;
      const left = match.at * box.character;
      if (
        pane &&
        !columns &&
        (left < pane.scrollLeft || left > pane.scrollLeft + pane.clientWidth)
      ) {
        pane.scrollLeft = left - pane.clientWidth / 2;
      }
      redraw((count) => count + 1);
    },
  }));

  const onScroll = (): void => {
    const pane = element.current;
    if (!pane || pane.scrollTop === last.current) return;
    const up = pane.scrollTop < last.current;
    last.current = pane.scrollTop;
    const below = pane.scrollHeight - pane.scrollTop - pane.clientHeight;
    setAnchor(pane.scrollTop);
    if (up && below > 2 * box.line) reader.stay();
    else if (!up && below < 2 && lines.to >= reader.size.peek()) void reader.toEnd();
    if (!reader.following.peek()) {
      if (up && pane.scrollTop < NEAR * box.line) void reader.earlier();
      else if (!up && below < NEAR * box.line) void reader.later();
    }
    redraw((count) => count + 1);
  };
  const onWheel = (event: WheelEvent): void => {
    const pane = element.current;
    if (event.deltaY < 0 && pane && pane.scrollTop > 0) reader.stay();
    else if (event.deltaY < 0 && pane?.scrollTop === 0) void reader.earlier();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Home') handle.current?.start();
    else if (event.key === 'End') void reader.toEnd();
    else return;
    event.preventDefault();
  };

  const top = topNow();
  const first = Math.max(0, layout.at(top / box.line) - EXTRA);
  const end = Math.min(lines.rows.length, layout.at((top + box.height) / box.line) + 1 + EXTRA);
  return (
    <div
      ref={element}
      class={wrap ? 'poj-pane poj-wraps' : 'poj-pane'}
      role="log"
      aria-label={label}
      aria-live="off"
      tabIndex={0}
      onScroll={onScroll}
      onWheel={onWheel}
      onKeyDown={onKeyDown}
    >
      <span ref={probe} class="poj-probe" aria-hidden="true">
        {PROBE}
      </span>
      <div
        class="poj-space"
        style={{
          height: `${layout.height * box.line}px`,
          ...(!wrap && { minWidth: `${lines.widest}ch` }),
        }}
      >
        <div class="poj-lines" style={{ top: `${layout.top(first) * box.line}px` }}>
          {drawn(lines.rows, first, end).map(([row, style], index) => {
            const number = lines.base + first + index;
            return (
              <div class="poj-line" key={number}>
                <Pieces
                  line={pieces(row, style)}
                  marks={finder?.inRow(row)}
                  current={current?.row === number ? current.at : undefined}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Rows with the style that each begins in, as those above left it. */
function drawn(rows: readonly string[], first: number, end: number): [string, Style][] {
  let style = PLAIN;
  for (let i = Math.max(0, first - COLOURS_FROM); i < first; i++) {
    style = styleAfter(rows[i] ?? '', style);
  }
  return rows.slice(first, end).map((row) => {
    const start = style;
    style = styleAfter(row, style);
    return [row, start];
  });
}

const PROBE = 'x'.repeat(50);
const UNMEASURED: Box = { height: 360, line: 18, character: 8, columns: 80 };

/** The pane's measures, as long as it has any. */
function useBox(element: RefObject<HTMLDivElement>, probe: RefObject<HTMLSpanElement>): Box {
  const [box, setBox] = useState(UNMEASURED);
  useLayoutEffect(() => {
    const pane = element.current;
    const text = probe.current;
    if (!pane || !text) return;
    const measure = (): void => {
      const { width, height: line } = text.getBoundingClientRect();
      if (!width || !line) return;
      const style = getComputedStyle(pane);
      const inner =
        pane.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
      const character = width / PROBE.length;
      const columns = Math.max(10, Math.floor(inner / character));
      setBox((old) => {
        const box = { height: pane.clientHeight, line, character, columns };
        return JSON.stringify(box) === JSON.stringify(old) ? old : box;
      });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(pane);
    observer.observe(text);
    return () => observer.disconnect();
  }, [element, probe]);
  return box;
}
