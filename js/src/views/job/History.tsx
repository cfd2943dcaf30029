import type { JSX } from 'preact';

import { useMonitor } from '../../context';
import type { Details } from '../../protocol';
import { moment } from '../../ui/format';
import { t } from '../../words';

/** What the scheduler says of it, the oldest first. */
export function History({ details }: { details: Details }): JSX.Element | null {
  const { store } = useMonitor();
  if (!details.events.length) return null;
  return (
    <section class="poj-history">
      <h3>{t('What the scheduler says')}</h3>
      <ol>
        {details.events.map(({ time, type, text }, index) => (
          <li key={index}>
            <time>{moment(time, store.now.peek())}</time> <span title={type}>{text || type}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The jobs that it waits for; those that are known here can be shown. */
export function Dependencies({ details }: { details: Details }): JSX.Element | null {
  const { store } = useMonitor();
  if (!details.dependencies.length) return null;
  return (
    <section class="poj-dependencies">
      <h3>{t('After')}</h3>
      <ul>
        {details.dependencies.map(({ key, id, name }) => (
          <li key={id}>
            {key ? (
              <button type="button" class="poj-link" onClick={() => store.show(key)}>
                {name || id}
              </button>
            ) : (
              <span>{name || id}</span>
            )}
            {name && id && <code class="poj-id">{id}</code>}
          </li>
        ))}
      </ul>
    </section>
  );
}
