import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

import type { Choice, Site } from '../../protocol';
import { t } from '../../words';
import { levelNames, withLevel } from './choice';

interface Props {
  site: Site;
  choice: Choice;
  change: (choice: Choice) => void;
}

/** How many of each level of the hierarchy, from the outermost in. */
export function Levels({ site, choice, change }: Props): VNode {
  const asked = new Map(choice.levels.map(({ name, count }) => [name, count]));
  return (
    <fieldset class="poj-levels">
      <legend>{t('How many')}</legend>
      {levelNames(site, choice).map((name) => {
        const outer = choice.levels[choice.levels.findIndex((level) => level.name === name) - 1];
        return (
          <Level
            key={name}
            name={name}
            count={asked.get(name) ?? null}
            of={outer?.name ?? ''}
            setCount={(count) => change(withLevel(choice, site, name, count))}
          />
        );
      })}
    </fieldset>
  );
}

interface LevelProps {
  name: string;
  /** 0 for all; null if it is not asked. */
  count: number | null;
  /** The level around it that is asked, or "". */
  of: string;
  setCount: (count: number | null) => void;
}

function Level({ name, count, of, setCount }: LevelProps): VNode {
  const all = count === 0;
  // Kept apart until it is finished: answers come, and draw anew, while somebody types.
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <div class="poj-level" role="group" aria-label={name}>
      <span class="poj-level-name">
        {name}
        {of && <small> {t('on each %1', of)}</small>}
      </span>
      <span class="poj-stepper">
        <button
          type="button"
          aria-label={t('Fewer: %1', name)}
          disabled={count === null}
          onClick={() => setCount(count && count > 1 ? count - 1 : null)}
        >
          −
        </button>
        <input
          inputMode="numeric"
          aria-label={t('How many: %1', name)}
          value={typed ?? (all ? t('all') : (count ?? ''))}
          placeholder="–"
          size={4}
          onFocus={(event) => event.currentTarget.select()}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onChange={(event) => {
            const read = readCount(event.currentTarget.value);
            setTyped(null);
            if (read !== undefined) setCount(read);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowUp') setCount((count ?? 0) + 1);
            else if (event.key === 'ArrowDown') setCount(count && count > 1 ? count - 1 : null);
            else return;
            setTyped(null);
            event.preventDefault();
          }}
        />
        <button
          type="button"
          aria-label={t('More: %1', name)}
          onClick={() => setCount((count ?? 0) + 1)}
        >
          +
        </button>
      </span>
      <button
        type="button"
        class="poj-pill"
        aria-pressed={all}
        aria-label={t('All: %1', name)}
        onClick={() => setCount(all ? 1 : 0)}
      >
        {t('all')}
      </button>
    </div>
  );
}

/** A count, 0 for all, null for none; undefined if it is none of these. */
function readCount(text: string): number | null | undefined {
  const written = text.trim();
  if (!written || written === '0' || written === '–') return null;
  if (written.toLowerCase() === t('all') || written.toLowerCase() === 'all') return 0;
  return /^\d{1,6}$/.test(written) ? Number(written) : undefined;
}
