import type { JSX } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { useMonitor } from '../../context';
import type { Row } from '../../protocol';
import { bytes } from '../../ui/format';
import { Tabs } from '../../ui/Tabs';
import { Trouble } from '../../ui/Trouble';
import { t } from '../../words';
import { Copy } from './Copy';
import { download } from './download';
import { Pane, type PaneHandle } from './Pane';
import type { Reader, Stream } from './reader';
import { SearchBar } from './SearchBar';
import { useReaders } from './useReaders';
import { useSearch } from './useSearch';

interface OutputProps {
  row: Row;
  streams: Stream[];
  /** Told how the search is reached. */
  setSearch: (focus: () => void) => void;
}

/** What a job wrote, as it writes it. */
export function Output({ row, streams, setSearch }: OutputProps): JSX.Element {
  const [chosen, choose] = useState<Stream>(streams[0] ?? 'stdout');
  const stream = streams.includes(chosen) ? chosen : (streams[0] ?? 'stdout');
  const readers = useReaders(row.key, stream);
  const prefix = useId();
  const tabs = streams.map((id) => {
    const size = readers[id].size.value;
    return { id, label: size ? `${id} · ${bytes(size)}` : id };
  });
  const several = streams.length > 1;
  return (
    <section class="poj-output" aria-label={t('Output')}>
      {several && (
        <Tabs label={t('Output')} tabs={tabs} chosen={stream} choose={choose} prefix={prefix} />
      )}
      <div
        {...(several && { role: 'tabpanel', 'aria-labelledby': `${prefix}-${stream}-tab` })}
        id={`${prefix}-${stream}`}
      >
        <OneStream
          key={stream}
          reader={readers[stream]}
          label={t('Output of %1: %2', row.name, stream)}
          fileName={`${row.id || row.name}.${stream}.txt`}
          setSearch={setSearch}
        />
      </div>
    </section>
  );
}

interface OneStreamProps {
  reader: Reader;
  label: string;
  fileName: string;
  setSearch: (focus: () => void) => void;
}

function OneStream({ reader, label, fileName, setSearch }: OneStreamProps): JSX.Element {
  const pane = useRef<PaneHandle>(null);
  const input = useRef<HTMLInputElement>(null);
  const search = useSearch(reader);
  const [wrap, setWrap] = useWrap();
  useLayoutEffect(() => {
    setSearch(() => {
      input.current?.focus();
      input.current?.select();
    });
  }, [setSearch]);

  return (
    <>
      <div class="poj-output-bar" role="toolbar" aria-label={t('Output')}>
        <button type="button" class="poj-button poj-small" onClick={() => pane.current?.start()}>
          {t('To the start')}
        </button>
        <button type="button" class="poj-button poj-small" onClick={() => void reader.toEnd()}>
          {t('To the end')}
        </button>
        <label class="poj-tick">
          <input type="checkbox" checked={wrap} onChange={() => setWrap(!wrap)} />
          {t('Wrap lines')}
        </label>
        <Copy label={t('Copy')} text={() => reader.lines.text()} />
        <button
          type="button"
          class="poj-button poj-small"
          onClick={() => download(reader.lines.text(), fileName)}
        >
          {t('Download')}
        </button>
        <SearchBar reader={reader} search={search} input={input} pane={pane} />
      </div>
      {reader.problem.value && (
        <Trouble problem={reader.problem.value} again={() => void reader.again()} />
      )}
      <LeftOut size={reader.lines.from} more={() => void reader.earlier()} before />
      <Pane
        reader={reader}
        label={label}
        wrap={wrap}
        finder={search.finder}
        current={search.current}
        handle={pane}
      />
      <LeftOut
        size={reader.following.value ? 0 : reader.size.value - reader.lines.to}
        more={() => void reader.later()}
      />
      <Status reader={reader} />
    </>
  );
}

/** A word where a part of the file is not here. */
function LeftOut(props: { size: number; more: () => void; before?: boolean }): JSX.Element | null {
  if (props.size <= 0) return null;
  const size = bytes(props.size);
  return (
    <div class="poj-left-out">
      <span>{props.before ? t('%1 before this', size) : t('%1 after this', size)}</span>
      <button type="button" class="poj-link" onClick={props.more}>
        {props.before ? t('Earlier') : t('Later')}
      </button>
    </div>
  );
}

function Status({ reader }: { reader: Reader }): JSX.Element {
  const ended = reader.ended.value;
  const size = reader.size.value;
  let text = t('Does not follow: scroll to the end, or press End.');
  if (!reader.version.value) text = reader.problem.value ? '' : t('Reading …');
  else if (!size) text = ended ? t('It wrote nothing.') : t('Nothing written yet.');
  else if (ended) text = t('Complete');
  else if (reader.following.value) text = t('Follows what is written');
  return (
    <div class="poj-output-status">
      <span role="status">{text}</span>
      {size > 0 && <span class="poj-muted">{bytes(size)}</span>}
    </div>
  );
}

const WRAP = 'output.wrap';

/** Whether long lines are wrapped, as was chosen last. */
function useWrap(): [boolean, (wrap: boolean) => void] {
  const { host } = useMonitor();
  const [wrap, setWrap] = useState(true);
  useEffect(() => {
    void host.kept(WRAP).then((kept) => {
      if (typeof kept === 'boolean') setWrap(kept);
    });
  }, [host]);
  const choose = (next: boolean): void => {
    setWrap(next);
    host.keep(WRAP, next);
  };
  return [wrap, choose];
}
