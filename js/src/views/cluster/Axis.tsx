import { scaleTime } from 'd3-scale';
import type { VNode } from 'preact';

import { t } from '../../words';
import type { TimeScale } from './boxes';

/** The moments that are marked, in seconds. */
export function ticks(scale: TimeScale): number[] {
  const { left, length, width } = scale;
  const times = scaleTime().domain([left * 1000, (left + length) * 1000]);
  return times.ticks(Math.max(2, width / 90)).map((date) => date.getTime() / 1000);
}

export function Axis({ scale, now }: { scale: TimeScale; now: number }): VNode {
  const atNow = scale.x(now);
  const nowShown = atNow >= 0 && atNow <= scale.width;
  return (
    <svg class="poj-gantt-axis" width={scale.width} height="22" aria-hidden="true">
      {ticks(scale)
        .filter((time) => !nowShown || Math.abs(scale.x(time) - atNow) > 38)
        .map((time) => (
          <text key={time} x={scale.x(time)} y="15">
            {tickLabel(time)}
          </text>
        ))}
      {nowShown && (
        <text class="poj-gantt-now-label" x={atNow} y="15">
          {t('now')}
        </text>
      )}
    </svg>
  );
}

const ofDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const ofYear = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

function tickLabel(time: number): string {
  const date = new Date(time * 1000);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return (midnight ? ofYear : ofDay).format(date);
}
