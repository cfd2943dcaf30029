import type { VNode } from 'preact';
import { useState } from 'preact/hooks';

import { useMonitor } from '../context';
import { t } from '../words';

/** The backend that a view is about ("" until that is known), and where there are several, a choice. */
export function useBackend(): { backend: string; chooser: VNode | null } {
  const hello = useMonitor().store.hello.value;
  const [chosen, choose] = useState('');
  const backend = chosen || hello?.backend || hello?.backends[0] || '';
  if (!hello || hello.backends.length < 2) return { backend, chooser: null };
  const chooser = (
    <label class="poj-labelled">
      <span>{t('Where')}</span>
      <select value={backend} onChange={(event) => choose(event.currentTarget.value)}>
        {hello.backends.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
  return { backend, chooser };
}
