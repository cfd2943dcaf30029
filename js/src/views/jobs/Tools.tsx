import type { JSX, RefObject } from 'preact';

import { CHIP_WORDS, CHIPS, type Chip } from '../../tones';
import { count } from '../../ui/format';
import { Mark } from '../../ui/State';
import { t } from '../../words';
import { Everyone, KindChoice } from './Choices';
import { Options } from './Options';
import { ROOMY, type Table } from './table';

/** What is looked for: words, states, whose jobs. */
export function Tools({
  table,
  find,
}: {
  table: Table;
  find: RefObject<HTMLInputElement>;
}): JSX.Element {
  const { filter } = table;
  return (
    <div class={table.width.value < ROOMY ? 'poj-tools poj-brief' : 'poj-tools'}>
      <input
        ref={find}
        type="search"
        class="poj-find"
        placeholder={t('Find jobs')}
        aria-label={t('Find jobs: all words must be in a name, id, node, owner, source or note')}
        title={t('All words must fit. Press / to come here.')}
        value={filter.value.text}
        onInput={(event) => {
          filter.value = { ...filter.value, text: event.currentTarget.value };
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || !filter.value.text) return;
          event.stopPropagation();
          filter.value = { ...filter.value, text: '' };
        }}
      />
      <div class="poj-chips" role="group" aria-label={t('States')}>
        {CHIPS.map((chip) => (
          <StateChip key={chip} table={table} chip={chip} />
        ))}
      </div>
      <span class="poj-tools-end">
        {table.width.value >= ROOMY && <KindChoice table={table} />}
        {!table.narrow.value && <Everyone />}
        <Options table={table} />
      </span>
    </div>
  );
}

function StateChip({ table, chip }: { table: Table; chip: Chip }): JSX.Element | null {
  const { filter } = table;
  const number = table.arranged.value.counts[chip];
  const pressed = filter.value.chips.includes(chip);
  if (chip === 'stopped' && !number && !pressed) return null; // it is rare
  const label = CHIP_WORDS[chip]();
  return (
    <button
      type="button"
      class={`poj-chip poj-is-${chip}${number ? '' : ' poj-none'}`}
      aria-pressed={pressed}
      title={label}
      onClick={() => {
        const others = filter.value.chips.filter((one) => one !== chip);
        filter.value = { ...filter.value, chips: pressed ? others : [...others, chip] };
      }}
    >
      <Mark tone={chip} />
      <span class="poj-chip-word">{label}</span> <b>{count(number)}</b>
    </button>
  );
}
