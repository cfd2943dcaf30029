import type { Row, Tone } from './protocol';
import { count } from './ui/format';
import { t } from './words';

export const TONE_WORDS: Record<Tone, () => string> = {
  idle: () => t('held or not yet submitted'),
  waiting: () => t('waiting'),
  running: () => t('running'),
  done: () => t('done'),
  cached: () => t('from the cache'),
  failed: () => t('failed'),
  stopped: () => t('stopped'),
};

/** What people tell apart when they look for a job; the rarer tones stand beside a near one. */
export type Chip = Exclude<Tone, 'idle' | 'cached'>;

export const CHIPS: Chip[] = ['waiting', 'running', 'done', 'failed', 'stopped'];

export const CHIP_WORDS: Record<Chip, () => string> = {
  waiting: () => t('Waiting'),
  running: () => t('Running'),
  done: () => t('Done'),
  failed: () => t('Failed'),
  stopped: () => t('Stopped'),
};

export const CHIP_OF: Record<Tone, Chip> = {
  idle: 'waiting',
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  cached: 'done',
  failed: 'failed',
  stopped: 'stopped',
};

/** Add the row's own jobs: those in it, or itself. */
export function tally(counts: Record<Chip, number>, row: Row): void {
  let isGroup = false;
  for (const tone in row.counts) {
    isGroup = true;
    counts[CHIP_OF[tone as Tone]] += row.counts[tone as Tone] ?? 0;
  }
  if (!isGroup) counts[CHIP_OF[row.tone]] += 1;
}

/** How many of them have ended, and how many there are. */
export function endedOf(counts: Row['counts']): { ended: number; all: number } {
  const all = Object.values(counts).reduce((sum, number) => sum + number, 0);
  const { idle = 0, waiting = 0, running = 0 } = counts;
  return { ended: all - idle - waiting - running, all };
}

export function noCounts(): Record<Chip, number> {
  return { waiting: 0, running: 0, done: 0, failed: 0, stopped: 0 };
}

/** How many of each state, in words: `3 running, 12 waiting`. */
export function inWords(counts: Record<Chip, number>): string {
  return CHIPS.filter((chip) => counts[chip])
    .map((chip) => `${count(counts[chip])} ${TONE_WORDS[chip]()}`)
    .join(', ');
}
