import type { JSX } from 'preact';

import { useMonitor } from '../../context';
import type { Kind } from '../../protocol';
import { t } from '../../words';
import { KINDS } from './filter';
import type { Table } from './table';

const CHOOSABLE: Kind[] = ['cell', 'script', 'pydra', 'array', 'run', 'pairio', 'other'];

/** Of which kind the jobs are that are shown. */
export function KindChoice({ table }: { table: Table }): JSX.Element {
  const { filter } = table;
  return (
    <select
      aria-label={t('Kind')}
      value={filter.value.kind}
      onChange={(event) => {
        filter.value = { ...filter.value, kind: event.currentTarget.value as Kind | '' };
      }}
    >
      <option value="">{t('All kinds')}</option>
      {CHOOSABLE.map((kind) => (
        <option key={kind} value={kind}>
          {KINDS[kind]()}
        </option>
      ))}
    </select>
  );
}

/** Whether other people's jobs are shown, too. */
export function Everyone(): JSX.Element {
  const { store } = useMonitor();
  return (
    <label class="poj-switch" title={t("Show everybody's jobs of the cluster")}>
      <input
        type="checkbox"
        role="switch"
        checked={store.everyone.value}
        onChange={(event) => store.setEveryone(event.currentTarget.checked)}
      />
      <span class="poj-switch-track" aria-hidden="true" />
      {t('Whole cluster')}
    </label>
  );
}
