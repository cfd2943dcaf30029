import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import type { ClusterJob } from '../../protocol';
import { useSize } from '../../ui/useSize';
import { t } from '../../words';
import { Axis } from './Axis';
import { barKey, Bars, hostClass } from './Bars';
import { barAt, TimeScale } from './boxes';
import { rowHeight, sharedDomain, type HostRow } from './layout';
import { pan, zoom, type Span } from './span';
import { Tip } from './Tip';
import { useDrag } from './useDrag';
import { useOwnBars } from './useOwnBars';

/** Rows drawn above and below those in sight. */
const SPARE = 4;
/** The height of the line of hours, in pixels. */
const HEAD = 23;

interface Props {
  rows: readonly HostRow[];
  now: number;
  span: Span;
  setSpan: (change: (span: Span) => Span) => void;
  onOpen: (job: ClusterJob) => void;
}

/** What the pointer or the keyboard is on, and where the tip goes. */
interface Pointed {
  job: ClusterJob;
  host: string;
  x: number;
  y: number;
}

export function Chart({ rows, now, span, setSpan, onOpen }: Props): VNode {
  const body = useRef<HTMLDivElement>(null);
  // A likely size until it is measured.
  const [size, setSize] = useState({ width: 640, height: 360 });
  useSize(body, (width, height) => setSize({ width, height }));
  const [first, setFirst] = useState(0);
  const [pointed, point] = useState<Pointed | null>(null);
  const own = useOwnBars(rows, setSpan, now);

  const height = useMemo(() => rowHeight(rows), [rows]);
  const domain = useMemo(() => sharedDomain(rows.map((row) => row.host)), [rows]);
  const names = size.width < 480 ? 92 : 150;
  const scale = new TimeScale(now + span.start, span.length, Math.max(80, size.width - names));
  const from = Math.max(0, Math.min(first, rows.length - 1) - SPARE);
  const shown = rows.slice(from, first + Math.ceil(size.height / height) + SPARE);

  useLayoutEffect(() => own.focusWanted());

  const { dragging, handlers } = useDrag(() => {
    const top = body.current?.scrollTop ?? 0;
    point(null);
    return (dx, dy) => {
      setSpan(() => pan(span, -dx / scale.width));
      if (body.current) body.current.scrollTop = top - dy;
    };
  });

  function pointedAt(event: MouseEvent): Pointed | null {
    const element = event.currentTarget as HTMLElement;
    const box = element.getBoundingClientRect();
    const x = event.clientX - box.left - names;
    const y = event.clientY - box.top + element.scrollTop;
    const row = rows[Math.floor(y / height)];
    const bar = x >= 0 && row && barAt(row, x, y % height, height, scale);
    if (!bar) return null;
    return { job: bar.job, host: row.host.name, x: x + names, y: event.clientY - box.top };
  }
  function onWheel(event: WheelEvent): void {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
      const place = (event.clientX - box.left - names) / scale.width;
      setSpan((span) => zoom(span, Math.exp(event.deltaY * 0.003), Math.max(0, place)));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      setSpan((span) => pan(span, sideways / scale.width));
    } else return;
    event.preventDefault();
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const change = KEYS[event.key];
    const lines = SCROLLS[event.key];
    if (change) setSpan(change);
    else if (lines && body.current) body.current.scrollTop += lines * height;
    else if (event.key === 'Escape' && pointed) point(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  function onBarKey(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if ((event.key === 'Enter' || event.key === ' ') && own.job) onOpen(own.job);
    else if (step) scrollTo(own.step(step));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  function scrollTo(row: number): void {
    const element = body.current;
    if (!element || row < 0) return;
    const top = row * height;
    if (top >= element.scrollTop && top + height <= element.scrollTop + size.height) return;
    element.scrollTop = Math.max(0, top - size.height / 2);
    setFirst(Math.floor(element.scrollTop / height));
  }

  return (
    <div
      class={`poj-gantt${dragging ? ' poj-dragging' : ''}`}
      role="group"
      aria-label={t('Jobs by host. Arrow keys move, + and − zoom, 0 goes to now.')}
      tabIndex={0}
      style={{ '--poj-gantt-names': `${names}px` }}
      onKeyDown={onKeyDown}
    >
      <div class="poj-gantt-head">
        <span class="poj-gantt-corner">{t('Host')}</span>
        <Axis scale={scale} now={now} />
      </div>
      <div
        class="poj-gantt-body"
        ref={body}
        onScroll={(event) => {
          setFirst(Math.floor(event.currentTarget.scrollTop / height));
          if (pointed) point(null);
        }}
        onWheel={onWheel}
        onPointerLeave={() => point(null)}
        {...handlers}
        onPointerMove={(event) => {
          handlers.onPointerMove(event);
          if (!dragging) point(pointedAt(event));
        }}
        onClick={(event) => {
          const job = pointedAt(event)?.job;
          if (job?.mine) onOpen(job);
        }}
      >
        <div class="poj-gantt-all" style={{ height: `${rows.length * height}px` }}>
          <div class="poj-gantt-part" style={{ transform: `translateY(${from * height}px)` }}>
            <div class="poj-gantt-hosts">
              {shown.map((row) => (
                <HostName key={row.host.name} row={row} domain={domain} height={height} />
              ))}
            </div>
            <Bars
              rows={shown}
              height={height}
              scale={scale}
              now={now}
              lit={pointed?.job ?? null}
              active={own.active}
              onDrawn={own.drawn}
              onOpen={onOpen}
              onKey={onBarKey}
              onFocus={(host, bar, box) => {
                own.activate(barKey(host, bar.job));
                const top = (from + box.row) * height - (body.current?.scrollTop ?? 0);
                point({ job: bar.job, host, x: names + Math.max(0, box.x), y: top + height - 12 });
              }}
              onBlur={() => point(null)}
            />
          </div>
        </div>
      </div>
      {pointed && !dragging && (
        <Tip
          {...pointed}
          y={pointed.y + HEAD}
          now={now}
          width={size.width}
          height={size.height + HEAD}
        />
      )}
    </div>
  );
}

const KEYS: Record<string, (span: Span) => Span> = {
  ArrowLeft: (span) => pan(span, -0.1),
  ArrowRight: (span) => pan(span, 0.1),
  '+': (span) => zoom(span, 1 / 1.5),
  '=': (span) => zoom(span, 1 / 1.5),
  '-': (span) => zoom(span, 1.5),
  '0': (span) => ({ ...span, start: -span.length / 4 }),
};
const SCROLLS: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 };
const STEPS: Record<string, number> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
  Home: -Infinity,
  End: Infinity,
};

function HostName(props: { row: HostRow; domain: string; height: number }): VNode {
  const { name, state, free, resources } = props.row.host;
  const up = hostClass(state) === 'alive';
  const short = props.domain ? name.slice(0, -props.domain.length) : name;
  const told = up ? t('%1 of %2 free', free, resources) : state;
  return (
    <div
      class={`poj-gantt-host poj-host-${hostClass(state)}`}
      style={{ height: `${props.height}px` }}
      title={`${name}: ${told}`}
    >
      <span class="poj-gantt-host-name">{short}</span>
      <span class="poj-gantt-host-free">{up ? `${free}/${resources}` : state}</span>
    </div>
  );
}
