import type { Kind, Row, Tone } from '../../protocol';
import { t } from '../../words';

/** What people tell apart when they look for a job; the rarer tones stand beside a near one. */
export type Chip = 'waiting' | 'running' | 'done' | 'failed' | 'stopped';

export const CHIPS: Record<Chip, { tone: Tone; tones: Tone[]; label: () => string }> = {
  waiting: { tone: 'waiting', tones: ['waiting', 'idle'], label: () => t('Waiting') },
  running: { tone: 'running', tones: ['running'], label: () => t('Running') },
  done: { tone: 'done', tones: ['done', 'cached'], label: () => t('Done') },
  failed: { tone: 'failed', tones: ['failed'], label: () => t('Failed') },
  stopped: { tone: 'stopped', tones: ['stopped'], label: () => t('Stopped') },
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

export const KINDS: Record<Kind, () => string> = {
  cell: () => t('cell'),
  script: () => t('script'),
  pydra: () => t('Pydra job'),
  array: () => t('array'),
  run: () => t('Pydra run'),
  node: () => t('node'),
  task: () => t('task'),
  pairio: () => t('Pairio'),
  other: () => t('other'),
};

/** Which rows are looked for. Empty: all. */
export interface Filter {
  text: string;
  chips: readonly Chip[];
  kind: Kind | '';
}

export interface Matcher {
  /** Whether the text and the kind fit; what is in a row is found by the row's words, too. */
  words(row: Row): boolean;
  /** Whether the state fits; a group's, if that of any in it does. */
  state(row: Row): boolean;
}

export function matcher(filter: Filter, rows: ReadonlyMap<string, Row>): Matcher {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const tones = new Set(filter.chips.flatMap((chip) => CHIPS[chip].tones));
  const says = (row: Row, word: string): boolean => {
    if (haystack(row).includes(word)) return true;
    const parent = rows.get(row.parent);
    return !!parent && says(parent, word);
  };
  const kindOf = (row: Row): Kind => {
    const parent = rows.get(row.parent);
    return parent ? kindOf(parent) : row.kind;
  };
  return {
    words: (row) =>
      words.every((word) => says(row, word)) && (!filter.kind || kindOf(row) === filter.kind),
    state: (row) =>
      !tones.size || tones.has(row.tone) || [...tones].some((tone) => row.counts[tone]),
  };
}

const haystacks = new WeakMap<Row, string>();

function haystack(row: Row): string {
  let text = haystacks.get(row);
  if (text === undefined) {
    text = [
      ...[row.name, row.id, row.node, row.owner, row.source, row.note, row.state, row.queue],
      ...[row.backend, row.resources, row.progressText, KINDS[row.kind]()],
    ]
      .join('\n')
      .toLowerCase();
    haystacks.set(row, text);
  }
  return text;
}

/** Add the row's own jobs: those in it, or itself. */
export function tally(counts: Record<Chip, number>, row: Row): void {
  let isGroup = false;
  for (const tone in row.counts) {
    isGroup = true;
    counts[CHIP_OF[tone as Tone]] += row.counts[tone as Tone] ?? 0;
  }
  if (!isGroup) counts[CHIP_OF[row.tone]] += 1;
}

export function noCounts(): Record<Chip, number> {
  return { waiting: 0, running: 0, done: 0, failed: 0, stopped: 0 };
}
