import type { JSX } from 'preact';

import type { Row, Tone } from '../protocol';
import { endedOf, TONE_WORDS } from '../tones';
import { t } from '../words';
import { count } from './format';

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
  const { ended, all } = endedOf(counts);
  const title = present.map((tone) => `${count(counts[tone] ?? 0)} ${TONE_WORDS[tone]()}`);
  return (
    <span class="poj-progress" title={title.join(', ')}>
      <span class="poj-bar" aria-hidden="true">
        {present.map((tone) => (
          <span key={tone} class={`poj-is-${tone}`} style={{ flexGrow: counts[tone] ?? 0 }} />
        ))}
      </span>
      <span class="poj-bar-words">
        {count(ended)}/{count(all)}
      </span>
    </span>
  );
}
