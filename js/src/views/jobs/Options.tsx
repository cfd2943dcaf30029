import type { JSX } from 'preact';

import { Popup } from '../../ui/Popup';
import { t } from '../../words';
import type { Grouping } from './arrange';
import { Everyone, KindChoice } from './Choices';
import { columnOf, COLUMNS } from './columns';
import { moveColumn } from './Head';
import { GROUPINGS, ROOMY, type Table } from './table';

const GROUP_WORDS: Record<Grouping, () => string> = {
  none: () => t('nothing'),
  state: () => t('state'),
  kind: () => t('kind'),
  host: () => t('node'),
  notebook: () => t('notebook'),
};

/** How the table is laid out: the order, the groups, the columns. */
export function Options({ table }: { table: Table }): JSX.Element {
  const { sort, group } = table.chosen.value;
  return (
    <Popup label={t('Columns, order and groups')} face={<Sliders />}>
      {table.narrow.value && <Everyone />}
      {table.width.value < ROOMY && (
        <label class="poj-field">
          {t('Show')}
          <KindChoice table={table} />
        </label>
      )}
      <label class="poj-field">
        {t('Group by')}
        <select
          value={group}
          onChange={(event) => table.choose({ group: event.currentTarget.value as Grouping })}
        >
          {GROUPINGS.map((one) => (
            <option key={one} value={one}>
              {GROUP_WORDS[one]()}
            </option>
          ))}
        </select>
      </label>
      <label class="poj-field">
        {t('Sort by')}
        <select
          value={sort.column}
          onChange={(event) => {
            const column = event.currentTarget.value;
            table.choose({ sort: { column, descending: !!columnOf(column)?.down } });
          }}
        >
          {COLUMNS.map((column) => (
            <option key={column.id} value={column.id}>
              {column.label()}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="poj-button"
          aria-label={sort.descending ? t('descending') : t('ascending')}
          title={sort.descending ? t('descending') : t('ascending')}
          onClick={() => table.sortBy(sort.column)}
        >
          {sort.descending ? '↓' : '↑'}
        </button>
      </label>
      {!table.narrow.value && <Columns table={table} />}
    </Popup>
  );
}

function Columns({ table }: { table: Table }): JSX.Element {
  const shown = table.columns.value;
  const ids = shown.map((column) => column.id);
  const hidden = COLUMNS.filter((column) => !ids.includes(column.id));
  return (
    <fieldset class="poj-columns">
      <legend>{t('Columns')}</legend>
      {[...shown, ...hidden].map((column) => {
        const at = ids.indexOf(column.id);
        const before = ids[at - 1];
        return (
          <div key={column.id} class="poj-columns-one">
            <label>
              <input
                type="checkbox"
                checked={at >= 0}
                disabled={column.id === 'name'}
                onChange={() => {
                  const rest = ids.filter((id) => id !== column.id);
                  table.choose({ columns: at < 0 ? [...ids, column.id] : rest });
                }}
              />
              {column.label()}
            </label>
            {before && (
              <button
                type="button"
                class="poj-button"
                aria-label={t('Move %1 forward', column.label())}
                title={t('Move %1 forward', column.label())}
                onClick={() => moveColumn(table, column.id, before)}
              >
                ↑
              </button>
            )}
          </div>
        );
      })}
      <button
        type="button"
        class="poj-button"
        onClick={() => table.choose({ columns: null, widths: {} })}
      >
        {t('The usual columns')}
      </button>
    </fieldset>
  );
}

function Sliders(): JSX.Element {
  return (
    <svg class="poj-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M2 4.5h6m4 0h2M2 11.5h2m4 0h6" />
      <circle cx="10" cy="4.5" r="1.8" />
      <circle cx="6" cy="11.5" r="1.8" />
    </svg>
  );
}
