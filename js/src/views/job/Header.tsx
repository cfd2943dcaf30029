import type { JSX } from 'preact';

import { act, actionName, working } from '../../actions';
import { useMonitor } from '../../context';
import type { Row } from '../../protocol';
import { Progress } from '../../ui/Progress';
import { State } from '../../ui/State';
import { t } from '../../words';

/** How it is, what it is called, and what can be done with it. */
export function Header({ row }: { row: Row }): JSX.Element {
  const monitor = useMonitor();
  const busy = working(monitor).value.has(row.key);
  return (
    <header class="poj-job-head">
      <div class="poj-job-title">
        <State tone={row.tone} word={row.state} />
        <h2 dir="auto">{row.name}</h2>
        {row.id && row.id !== row.name && <code class="poj-id">{row.id}</code>}
        {!row.mine && <span class="poj-muted">{t('of %1', row.owner)}</span>}
      </div>
      {row.can.length > 0 && (
        <div class="poj-job-actions" role="group" aria-label={t('Actions')} aria-busy={busy}>
          {row.can.map((action) => (
            <button
              key={action}
              type="button"
              class="poj-button"
              disabled={busy}
              onClick={() => void act(monitor, action, [row])}
            >
              {actionName(action)}
            </button>
          ))}
          {busy && (
            <span class="poj-muted" role="status">
              {t('On its way …')}
            </span>
          )}
        </div>
      )}
      {row.note && <p class="poj-note">{row.note}</p>}
      <div class="poj-job-progress" role="group" aria-label={t('Progress')}>
        <Progress row={row} />
      </div>
    </header>
  );
}
