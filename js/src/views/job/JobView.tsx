import type { JSX } from 'preact';
import { useCallback, useRef } from 'preact/hooks';

import { useMonitor } from '../../context';
import type { Row } from '../../protocol';
import { t } from '../../words';
import { ActionOutcome } from '../../ui/ActionOutcome';
import { Trouble } from '../../ui/Trouble';
import { Asked } from './Asked';
import { Facts } from './Facts';
import { Header } from './Header';
import { Dependencies, History } from './History';
import { Output } from './Output';
import { TerminalText } from './TerminalText';
import { useDetails } from './useDetails';

/** All of one job: how it is, why it failed, what it wrote, what was asked. */
export function JobView({ row }: { row: Row }): JSX.Element {
  // Nothing of one job may be seen in another's view.
  return <OneJob key={row.key} row={row} />;
}

function OneJob({ row }: { row: Row }): JSX.Element {
  const { store } = useMonitor();
  const { details, problem, again } = useDetails(row);
  const search = useRef<() => void>(() => undefined);
  const setSearch = useCallback((focus: () => void) => (search.current = focus), []);

  const onKeyDown = (event: KeyboardEvent): void => {
    const find = event.key === 'f' && (event.ctrlKey || event.metaKey);
    if (event.key === 'Escape') store.show('');
    else if (find || (event.key === '/' && !isTyping(event.target))) search.current();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <article
      class="poj-job"
      aria-label={row.name}
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
    >
      <Header row={row} />
      <ActionOutcome />
      {problem && <Trouble problem={problem} again={again} />}
      {details && (details.error || details.advice) && (
        <section class="poj-failure" aria-label={t('What went wrong')}>
          {details.advice && <p class="poj-advice">{details.advice}</p>}
          {details.error && <TerminalText text={details.error} />}
        </section>
      )}
      <Facts row={row} details={details} />
      {details && details.streams.length > 0 && (
        <Output row={row} streams={details.streams} setSearch={setSearch} />
      )}
      {details && <Dependencies details={details} />}
      {details && <Asked details={details} />}
      {details && <History details={details} />}
      {!details && !problem && <p class="poj-muted">{t('Asking for more …')}</p>}
    </article>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
