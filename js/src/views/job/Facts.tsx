import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { useMonitor } from '../../context';
import type { Origin } from '../../host';
import type { Details, Row } from '../../protocol';
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
  const until = (time: number): string => duration(Math.max(0, time));
  const left = row.walltime - Math.max(0, now - row.started);
  const runs = row.started && !row.ended;
  return [
    [t('Submitted'), moment(row.submitted, now)],
    [t('Waited'), row.submitted ? until((row.started || row.ended || now) - row.submitted) : ''],
    [t('Expected to start'), row.started || row.ended ? '' : moment(row.scheduled, now)],
    [runs ? t('Running') : t('Ran'), row.started ? until((row.ended || now) - row.started) : ''],
    [t('Left of the walltime'), runs && row.walltime ? until(left) : ''],
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
