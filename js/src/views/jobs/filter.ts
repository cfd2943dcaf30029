import type { Kind, Row, Tone } from '../../protocol';
import { CHIP_OF, type Chip } from '../../tones';
import { t } from '../../words';

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

export const EVERYTHING: Filter = { text: '', chips: [], kind: '' };

export interface Matcher {
  /** Whether the text and the kind fit; what is in a row is found by the row's words, too. */
  words(row: Row): boolean;
  /** Whether the state fits; a group's, if that of any in it does. */
  state(row: Row): boolean;
}

export function matcher(filter: Filter, rows: ReadonlyMap<string, Row>): Matcher {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (tone: string): boolean => filter.chips.includes(CHIP_OF[tone as Tone]);
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
    state: (row) => !filter.chips.length || fits(row.tone) || Object.keys(row.counts).some(fits),
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
