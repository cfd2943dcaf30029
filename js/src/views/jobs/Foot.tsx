import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import { act, actionName } from '../../actions';
import { useMonitor } from '../../context';
import type { Action } from '../../protocol';
import { inWords } from '../../tones';
import { count } from '../../ui/format';
import { t } from '../../words';
import type { Selection } from './select';
import type { Table } from './table';

const ACTIONS: Action[] = ['cancel', 'hold', 'resume', 'again'];

/** Under the table: how many there are or, of those selected, what can be done with them. */
export function Foot({ table, selection }: { table: Table; selection: Selection }): JSX.Element {
  const monitor = useMonitor();
  const rows = table.selectedRows.value;
  return (
    <div class="poj-foot">
      {rows.length ? (
        <div class="poj-actions" role="toolbar" aria-label={t('Selected jobs')}>
          <span class="poj-foot-words">{t('%1 selected', count(rows.length))}</span>
          {ACTIONS.map((action) => {
            const able = rows.filter((row) => row.can.includes(action));
            if (!able.length) return null;
            const some = able.length < rows.length ? ` (${count(able.length)})` : '';
            return (
              <button
                key={action}
                type="button"
                class="poj-button"
                onClick={() => void act(monitor, action, able)}
              >
                {actionName(action) + some}
              </button>
            );
          })}
          <button
            type="button"
            class="poj-button poj-last"
            title={t('Select none')}
            aria-label={t('Select none')}
            onClick={() => selection.none()}
          >
            ✕
          </button>
        </div>
      ) : (
        <span class="poj-foot-words">{inAll(table)}</span>
      )}
      <Told table={table} />
    </div>
  );
}

function inAll(table: Table): string {
  const { counts } = table.arranged.value;
  const all = Object.values(counts).reduce((sum, number) => sum + number, 0);
  return all === 1 ? t('1 job') : t('%1 jobs', count(all));
}

/** Screen readers hear of changes at most this often, in milliseconds. */
const OFTEN = 10_000;

function Told({ table }: { table: Table }): JSX.Element {
  const told = useSignal('');
  useEffect(() => {
    const tell = (): void => {
      told.value = inWords(table.arranged.peek().counts);
    };
    const telling = setInterval(tell, OFTEN);
    return () => clearInterval(telling);
  }, [table, told]);
  return (
    <span class="poj-for-readers" role="status" aria-live="polite">
      {told.value}
    </span>
  );
}
