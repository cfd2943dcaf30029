import type { JSX } from 'preact';

import { useMonitor } from '../../context';
import type { Row } from '../../protocol';
import { isLive, left, ran, waited } from '../../times';
import { duration, moment } from '../../ui/format';
import { t } from '../../words';
import { KINDS } from './filter';

/** A duration that counts on, where it does: only these texts change with the clock. */
function Time({ of, row }: { of: (row: Row, now: number) => number; row: Row }): JSX.Element {
  const { now } = useMonitor().store;
  const seconds = of(row, isLive(row) ? now.value : 0);
  return <>{seconds < 0 ? '' : duration(row.ended ? seconds : Math.floor(seconds))}</>;
}

export function Waited({ row }: { row: Row }): JSX.Element {
  const { now } = useMonitor().store;
  const starts = row.scheduled && !row.started && isLive(row);
  const title = starts ? t('expected to start: %1', moment(row.scheduled, now.peek())) : '';
  return (
    <span title={title}>
      <Time of={waited} row={row} />
    </span>
  );
}

export function Ran({ row }: { row: Row }): JSX.Element {
  return <Time of={ran} row={row} />;
}

export function Left({ row }: { row: Row }): JSX.Element {
  const { now } = useMonitor().store;
  const seconds = left(row, isLive(row) ? now.value : 0);
  const short = seconds >= 0 && seconds < Math.max(60, row.walltime / 20);
  const title = row.walltime ? t('of %1', duration(row.walltime)) : '';
  return (
    <span class={short ? 'poj-short' : ''} title={title}>
      {seconds < 0 ? '' : duration(Math.floor(seconds))}
    </span>
  );
}

/** When it was. */
export function Moment({ time }: { time: number }): JSX.Element {
  const { now } = useMonitor().store;
  return <>{moment(time, now.peek())}</>;
}

/** What kind it is, where that is not a plain job. */
export function KindTag({ row }: { row: Row }): JSX.Element | null {
  if (row.kind === 'cell' || row.kind === 'script' || row.kind === 'task') return null;
  return <span class="poj-tag">{KINDS[row.kind]()}</span>;
}
