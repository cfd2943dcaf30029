import type { VNode } from 'preact';

import { useMonitor } from '../../context';
import type { Picked, Problem, Site } from '../../protocol';
import { count } from '../../ui/format';
import { ProblemText } from '../../ui/Trouble';
import { t } from '../../words';
import { NEVER, NOW, startWords } from './choice';

interface Props {
  site: Site;
  picked: Picked | null;
  problem: Problem | null;
  /** Whether a newer answer is on its way. */
  old: boolean;
}

/** How many match and are free, and when such a job would start. */
export function Outlook({ site, picked, problem, old }: Props): VNode {
  const now = useMonitor().store.now.value;
  if (problem) {
    return (
      <div class="poj-outlook poj-wrong" role="alert">
        <ProblemText problem={problem} />
      </div>
    );
  }
  if (!picked) return <p class="poj-outlook poj-muted">{t('Asking the scheduler…')}</p>;
  const { matching, free, start, note } = picked;
  const part = (resources: number): string =>
    `${((100 * resources) / Math.max(1, site.resources)).toFixed(1)}%`;
  return (
    <div class={`poj-outlook${old ? ' poj-old' : ''}`}>
      <div role="status" aria-live="polite">
        <strong class={`poj-start poj-start-${startClass(start)}`}>
          {startWords(picked, now)}
        </strong>
        {note && <div>{note}</div>}
        <div class={note ? 'poj-muted' : ''}>
          {t(
            'Resources that match: %1, on hosts: %2. Free now: %3, whole hosts: %4.',
            count(matching.resources),
            count(matching.hosts),
            count(free.resources),
            count(free.hosts),
          )}
        </div>
      </div>
      <div class="poj-matching" aria-hidden="true" title={t('of %1', count(site.resources))}>
        <span class="poj-matching-all" style={{ width: part(matching.resources) }} />
        <span class="poj-matching-free" style={{ width: part(free.resources) }} />
      </div>
    </div>
  );
}

function startClass(start: number): string {
  if (start === NOW) return 'now';
  return start > 0 ? 'later' : start === NEVER ? 'never' : 'unknown';
}
