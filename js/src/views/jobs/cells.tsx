import type { JSX } from 'preact';

import { useMonitor } from '../../context';
import type { Row, Tone } from '../../protocol';
import { isLive, left, ran, waited } from '../../times';
import { count, duration, moment } from '../../ui/format';
import { t } from '../../words';
import { CHIPS, KINDS, type Chip } from './filter';

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

/** When it was, with the whole date where that is asked for. */
export function Moment({ time }: { time: number }): JSX.Element {
  const { now } = useMonitor().store;
  return <>{moment(time, now.peek())}</>;
}

/** How far it is: a bar of its own progress, or one of the states of what is in it. */
export function Progress({ row }: { row: Row }): JSX.Element | null {
  if (Object.keys(row.counts).length) return <Stacked counts={row.counts} />;
  if (row.progress < 0) return row.progressText ? <span>{row.progressText}</span> : null;
  const percent = Math.round(Math.min(1, row.progress) * 100);
  const words = row.progressText || t('%1 %', percent);
  return (
    <span class="poj-progress" title={words}>
      <span class={`poj-bar poj-is-${row.tone}`} aria-hidden="true">
        <span style={{ inlineSize: `${percent}%` }} />
      </span>
      <span class="poj-bar-words">{words}</span>
    </span>
  );
}

const TONES: Tone[] = ['done', 'cached', 'failed', 'stopped', 'running', 'waiting', 'idle'];

function Stacked({ counts }: { counts: Row['counts'] }): JSX.Element {
  const present = TONES.filter((tone) => counts[tone]);
  const all = present.reduce((sum, tone) => sum + (counts[tone] ?? 0), 0);
  const over = all - (counts.waiting ?? 0) - (counts.running ?? 0) - (counts.idle ?? 0);
  const title = present.map((tone) => `${count(counts[tone] ?? 0)} ${TONE_WORDS[tone]()}`);
  return (
    <span class="poj-progress" title={title.join(', ')}>
      <span class="poj-bar" aria-hidden="true">
        {present.map((tone) => (
          <span key={tone} class={`poj-is-${tone}`} style={{ flexGrow: counts[tone] ?? 0 }} />
        ))}
      </span>
      <span class="poj-bar-words">
        {count(over)}/{count(all)}
      </span>
    </span>
  );
}

const TONE_WORDS: Record<Tone, () => string> = {
  idle: () => t('not yet submitted'),
  waiting: () => t('waiting'),
  running: () => t('running'),
  done: () => t('done'),
  cached: () => t('from the cache'),
  failed: () => t('failed'),
  stopped: () => t('stopped'),
};

/** How many of each state, in words: `3 running, 12 waiting`. */
export function inWords(counts: Record<Chip, number>): string {
  return (Object.keys(CHIPS) as Chip[])
    .filter((chip) => counts[chip])
    .map((chip) => `${count(counts[chip])} ${TONE_WORDS[CHIPS[chip].tone]()}`)
    .join(', ');
}

/** What kind it is, where that is not a plain job. */
export function KindTag({ row }: { row: Row }): JSX.Element | null {
  if (row.kind === 'cell' || row.kind === 'script' || row.kind === 'task') return null;
  return <span class="poj-tag">{KINDS[row.kind]()}</span>;
}
