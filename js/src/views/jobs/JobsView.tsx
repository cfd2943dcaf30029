import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';

import { useMonitor } from '../../context';
import { useSize } from '../../ui/useSize';
import { t } from '../../words';
import { ActionOutcome } from '../../ui/ActionOutcome';
import { EVERYTHING } from './filter';
import { Foot } from './Foot';
import { Grid } from './Grid';
import { Selection } from './select';
import { makeTable, type Table } from './table';
import { Tools } from './Tools';

/** All jobs, live. */
export function JobsView(): JSX.Element {
  const monitor = useMonitor();
  const table = useMemo(() => makeTable(monitor), [monitor]);
  const selection = useMemo(() => new Selection(table), [table]);
  const find = useRef<HTMLInputElement>(null);
  const whole = useRef<HTMLDivElement>(null);
  useSize(whole, (width) => {
    table.width.value = width;
  });
  useEffect(() => () => table.dispose(), [table]);
  return (
    <div
      ref={whole}
      class={table.narrow.value ? 'poj-jobs poj-narrow' : 'poj-jobs'}
      onKeyDown={(event) => {
        if (event.key !== '/' || (event.target as Element).closest('input, select')) return;
        event.preventDefault();
        event.stopPropagation();
        find.current?.focus();
      }}
    >
      <Tools table={table} find={find} />
      {table.arranged.value.lines.length ? (
        <Grid table={table} selection={selection} />
      ) : (
        <Nothing table={table} />
      )}
      {!monitor.store.shown.value && <ActionOutcome />}
      <Foot table={table} selection={selection} />
    </div>
  );
}

/** Why there is no row, and what to do. */
function Nothing({ table }: { table: Table }): JSX.Element {
  const { store } = useMonitor();
  if (!store.ready.value) {
    return (
      <div class="poj-nothing" role="status">
        {store.state.value === 'lost' ? t('There is no connection yet.') : t('Looking for jobs…')}
      </div>
    );
  }
  if (store.rows.value.size) {
    return (
      <div class="poj-nothing">
        <p>{t('No job fits.')}</p>
        <button
          type="button"
          class="poj-button"
          onClick={() => {
            table.filter.value = EVERYTHING;
          }}
        >
          {t('Show all jobs')}
        </button>
      </div>
    );
  }
  return (
    <div class="poj-nothing">
      <p>{t('No jobs yet. Put a line above a cell and run it:')}</p>
      <pre>%%oar -l host=1/core=1</pre>
      <p>{t('It appears here as it is submitted, and stays with its output when it has ended.')}</p>
    </div>
  );
}
