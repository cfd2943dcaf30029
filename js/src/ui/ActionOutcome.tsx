import type { JSX } from 'preact';

import { outcome } from '../actions';
import { useMonitor } from '../context';
import { t } from '../words';

/** What the last action came to, until it is dismissed. */
export function ActionOutcome(): JSX.Element | null {
  const monitor = useMonitor();
  const last = outcome(monitor);
  const told = last.value;
  if (!told) return null;
  const [created] = told.created;
  return (
    <div class="poj-outcome" role={told.problems.length ? 'alert' : 'status'}>
      <div>
        <span>{told.text}</span>
        {told.problems.length > 0 && (
          <ul>
            {told.problems.map(({ name, why }) => (
              <li key={name}>
                {name && <b>{name}</b>} {why}
              </li>
            ))}
          </ul>
        )}
      </div>
      {created && (
        <button
          type="button"
          class="poj-button poj-small"
          onClick={() => {
            monitor.store.show(created);
            last.value = null;
          }}
        >
          {t('Show')}
        </button>
      )}
      <button type="button" class="poj-button poj-small" onClick={() => (last.value = null)}>
        {t('Dismiss')}
      </button>
    </div>
  );
}
