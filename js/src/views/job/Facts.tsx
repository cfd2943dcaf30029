import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { useMonitor } from '../../context';
import type { Origin } from '../../host';
import type { Details, Row } from '../../protocol';
import { isLive, left, ran, waited } from '../../times';
import { duration, moment } from '../../ui/format';
import { t } from '../../words';

type Fact = [label: string, value: string];

/** Its times, where it is, and whatever more is known. */
export function Facts({ row, details }: { row: Row; details: Details | null }): JSX.Element {
  const { store } = useMonitor();
  const facts: Fact[] = [
    ...times(row, store.now.value),
    [t('Node'), row.node],
    [t('Queue'), row.queue],
    ...(details?.facts ?? []).map(({ label, value }): Fact => [label, value]),
  ];
  return (
    <section class="poj-facts" aria-label={t('Facts')}>
      <dl>
        {facts
          .filter(([, value]) => value)
          .map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {details?.origin && <From origin={details.origin} />}
    </section>
  );
}

function times(row: Row, now: number): Fact[] {
  const shown = (seconds: number): string => (seconds < 0 ? '' : duration(seconds));
  const runs = row.started > 0 && isLive(row);
  return [
    [t('Submitted'), moment(row.submitted, now)],
    [t('Waited'), shown(waited(row, now))],
    [t('Expected to start'), row.started || row.ended ? '' : moment(row.scheduled, now)],
    [runs ? t('Running') : t('Ran'), shown(ran(row, now))],
    [t('Left of the walltime'), shown(left(row, now))],
    [t('Walltime'), row.walltime && !runs ? duration(row.walltime) : ''],
    [t('Ended'), moment(row.ended, now)],
  ];
}

function From({ origin }: { origin: Origin }): JSX.Element {
  const { host } = useMonitor();
  const [gone, setGone] = useState(false);
  const go = async (): Promise<void> => setGone(!(await host.goTo(origin)));
  return (
    <p class="poj-origin">
      {t('From')}{' '}
      <button type="button" class="poj-link" onClick={() => void go()}>
        {origin.label || origin.notebook}
      </button>
      {gone && <span role="status"> {t('It can’t be opened from here.')}</span>}
    </p>
  );
}
