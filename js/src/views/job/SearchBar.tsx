import type { JSX, RefObject } from 'preact';

import { bytes, count } from '../../ui/format';
import { t } from '../../words';
import { MOST } from './lines';
import type { PaneHandle } from './Pane';
import type { Reader } from './reader';
import type { Search } from './useSearch';

interface SearchBarProps {
  reader: Reader;
  search: Search;
  input: RefObject<HTMLInputElement>;
  pane: RefObject<PaneHandle>;
}

/** Find a text in the output that is here, and tell how much of it that is. */
export function SearchBar({ reader, search, input, pane }: SearchBarProps): JSX.Element {
  const step = (by: 1 | -1): void => {
    const match = search.step(by, pane.current?.top() ?? 0);
    if (match) pane.current?.show(match);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape' && search.text) {
      search.setText('');
      pane.current?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="poj-search" role="search">
      <input
        ref={input}
        type="search"
        placeholder={t('Search')}
        aria-label={t('Search the output')}
        value={search.text}
        onInput={(event) => search.setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {search.finder && <Found reader={reader} search={search} step={step} />}
    </div>
  );
}

function Found(props: { reader: Reader; search: Search; step: (by: 1 | -1) => void }): JSX.Element {
  const { reader, search, step } = props;
  const finder = search.finder;
  const matches = finder?.matches.length ?? 0;
  const total = finder?.more ? t('more than %1', count(matches)) : count(matches);
  const position = search.position ? t('%1 of %2', count(search.position), total) : total;
  return (
    <>
      <span role="status">{matches ? position : t('Not found')}</span>
      <button
        type="button"
        class="poj-button poj-small"
        disabled={!matches}
        onClick={() => step(-1)}
      >
        {t('Previous')}
      </button>
      <button
        type="button"
        class="poj-button poj-small"
        disabled={!matches}
        onClick={() => step(1)}
      >
        {t('Next')}
      </button>
      <Searched reader={reader} />
    </>
  );
}

function Searched({ reader }: { reader: Reader }): JSX.Element | null {
  const { from, to, full } = reader.lines;
  const size = reader.size.value;
  if (to - from >= size) return null;
  return (
    <span class="poj-searched">
      {t('in %1 of %2', bytes(to - from), bytes(size))}{' '}
      {!full && (
        <button
          type="button"
          class="poj-link"
          disabled={reader.loading.value}
          onClick={() => void reader.all()}
        >
          {size > MOST ? t('Load %1', bytes(MOST)) : t('Load all')}
        </button>
      )}
    </span>
  );
}
