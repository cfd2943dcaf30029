import type { VNode } from 'preact';

import type { Choice, Site } from '../../protocol';
import { t } from '../../words';
import { withOwn } from './choice';

interface Props {
  site: Site;
  choice: Choice;
  change: (choice: Choice) => void;
}

/** The queue, the job's types, and what the form has no fields for. */
export function QueueAndTypes({ site, choice, change }: Props): VNode {
  const { queue, types, rest } = choice;
  const queues = queue ? withOwn(site.queues, queue) : site.queues;
  const allTypes = [...new Set([...site.types, ...types])];
  return (
    <fieldset>
      <legend>{t('How')}</legend>
      <label class="poj-labelled">
        <span>{t('Queue')}</span>
        <select
          value={queue}
          onChange={(event) => change({ ...choice, queue: event.currentTarget.value })}
        >
          <option value="">{t('site’s own')}</option>
          {queues.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {allTypes.map((type) => (
        <label key={type} class="poj-tick">
          <input
            type="checkbox"
            checked={types.includes(type)}
            onChange={(event) => {
              const others = types.filter((one) => one !== type);
              change({
                ...choice,
                types: event.currentTarget.checked ? [...others, type] : others,
              });
            }}
          />
          {type}
        </label>
      ))}
      {rest && (
        <p class="poj-rest">
          {t('Kept as well:')} <code>{rest}</code>
        </p>
      )}
    </fieldset>
  );
}
