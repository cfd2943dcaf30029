import type { VNode } from 'preact';
import { useId } from 'preact/hooks';

import type { ClusterJob } from '../../protocol';
import { TONE_WORDS } from '../../tones';
import { ticks } from './Axis';
import { boxOf, BoxPath, type Box, type TimeScale } from './boxes';
import type { Bar, HostRow } from './layout';
import { jobLines } from './Tip';

/** What a bar is drawn in the colour of: somebody else's, or its tone. */
const COLOURS = ['other', ...Object.keys(TONE_WORDS)];
/** Narrower bars of one's own are drawn together, in pixels. */
const THIN = 3;

/** Names a job's bar on a host. */
export function barKey(host: string, job: ClusterJob): string {
  return `${host} ${job.id}`;
}

interface Props {
  /** Those in sight. */
  rows: readonly HostRow[];
  height: number;
  scale: TimeScale;
  now: number;
  /** The job whose bars are lit up. */
  lit: ClusterJob | null;
  /** The bar that the keyboard is on, or "". */
  active: string;
  onDrawn: (key: string, element: SVGElement | null) => void;
  onOpen: (job: ClusterJob) => void;
  onFocus: (host: string, bar: Bar, box: Box & { row: number }) => void;
  onBlur: () => void;
  onKey: (event: KeyboardEvent) => void;
}

/** The chart itself. Others' bars are one path; one's own are elements that can be focused. */
export function Bars(props: Props): VNode {
  const { rows, height, scale, now, lit, active } = props;
  const id = useId();
  const paths = new Map<string, BoxPath>();
  const litPath = new BoxPath();
  const path = (name: string): BoxPath => {
    let found = paths.get(name);
    if (!found) paths.set(name, (found = new BoxPath()));
    return found;
  };
  const own: { key: string; host: string; bar: Bar; box: Box; row: number }[] = [];
  rows.forEach((row, index) => {
    for (const bar of row.bars) {
      const box = boxOf(bar, row, height, scale);
      if (!box) continue;
      const { job } = bar;
      if (lit?.id === job.id) litPath.add(box, index * height);
      const key = job.mine ? barKey(row.host.name, job) : '';
      const first = key !== own.at(-1)?.key;
      if (job.mine && first && (box.width >= THIN || key === active)) {
        own.push({ key, host: row.host.name, bar, box, row: index });
      } else {
        path(`${job.mine ? job.tone : 'other'}${job.forecast ? ' forecast' : ''}`).add(
          box,
          index * height,
        );
      }
    }
  });
  const entry = own.some(({ key }) => key === active) ? active : own[0]?.key;
  const total = rows.length * height;
  const fill = (tone: string, forecast: boolean): string =>
    forecast ? `url(#${id}-${tone})` : colour(tone);
  return (
    <svg class="poj-gantt-bars" width={scale.width} height={total} role="group">
      <defs>
        {COLOURS.map((tone) => (
          <pattern
            key={tone}
            id={`${id}-${tone}`}
            width="5"
            height="5"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="5" height="5" style={{ fill: colour(tone) }} fill-opacity="0.18" />
            <rect width="1.6" height="5" style={{ fill: colour(tone) }} />
          </pattern>
        ))}
      </defs>
      <path class="poj-gantt-past" d={`M0 0H${clamp(scale.x(now), scale.width)}V${total}H0z`} />
      {rows.map((row, index) => (
        <rect
          key={row.host.name}
          class={`poj-gantt-row poj-host-${hostClass(row.host.state)}`}
          y={index * height}
          width={scale.width}
          height={height - 1}
        />
      ))}
      <path
        class="poj-gantt-grid"
        d={ticks(scale)
          .map((time) => `M${scale.x(time).toFixed(1)} 0V${total}`)
          .concat(rows.map((_, index) => `M0 ${(index + 1) * height - 0.5}H${scale.width}`))
          .join('')}
      />
      {[...paths].map(([name, path]) => {
        const [tone = '', forecast] = name.split(' ');
        return (
          <path
            key={name}
            class="poj-gantt-many"
            d={path.toString()}
            style={{ fill: fill(tone, Boolean(forecast)) }}
          />
        );
      })}
      {own.map(({ key, host, bar, box, row }) => (
        <g key={key}>
          <rect
            class="poj-gantt-bar"
            ref={(element) => props.onDrawn(key, element)}
            role="button"
            tabIndex={key === entry ? 0 : -1}
            aria-label={[bar.job.name, ...jobLines(bar.job, host, now)].join(', ')}
            x={box.x.toFixed(1)}
            y={row * height + box.y}
            width={box.width.toFixed(1)}
            height={box.height}
            rx={Math.min(2, box.height / 3)}
            style={{
              fill: fill(bar.job.tone, bar.job.forecast),
              stroke: colour(bar.job.tone),
            }}
            onClick={(event) => {
              event.stopPropagation();
              props.onOpen(bar.job);
            }}
            onKeyDown={props.onKey}
            onFocus={() => props.onFocus(host, bar, { ...box, row })}
            onBlur={props.onBlur}
          />
          {box.height >= 11 && box.width > 40 && (
            <text
              class={`poj-gantt-name${bar.job.forecast ? ' poj-forecast' : ''}`}
              x={Math.max(box.x, 0) + 5}
              y={row * height + box.y + box.height / 2}
              aria-hidden="true"
            >
              {shorten(bar.job.name || bar.job.id, (Math.min(box.width, scale.width) - 10) / 6)}
            </text>
          )}
        </g>
      ))}
      <path class="poj-gantt-lit" d={litPath.toString()} />
      <path class="poj-gantt-now" d={`M${scale.x(now).toFixed(1)} 0V${total}`} />
    </svg>
  );
}

function colour(tone: string): string {
  return tone === 'other' ? 'var(--poj-bar-other)' : `var(--poj-tone-${tone})`;
}

/** The part of a class name for a host's state: known words only. */
export function hostClass(state: string): string {
  const word = state.toLowerCase();
  return ['alive', 'absent', 'suspected', 'dead'].includes(word) ? word : 'unknown';
}

function clamp(x: number, width: number): number {
  return Math.min(width, Math.max(0, x));
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(1, Math.floor(length) - 1))}…`;
}
