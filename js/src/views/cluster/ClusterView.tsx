import type { VNode } from 'preact';
import { useCallback, useMemo, useRef, useState } from 'preact/hooks';

import { useMonitor } from '../../context';
import type { Cluster, ClusterJob } from '../../protocol';
import { count, duration } from '../../ui/format';
import { Trouble } from '../../ui/Trouble';
import { t } from '../../words';
import { Chart } from './Chart';
import { FreeNow, type Only } from './FreeNow';
import { HostTable } from './HostTable';
import { layOut, type HostRow } from './layout';
import { FIRST_SPAN, pan, zoom, type Span } from './span';
import { useBackend } from '../../ui/useBackend';
import { useCluster } from './useCluster';
import { useVisible } from '../../ui/useVisible';

/** The cluster as a picture: what is free now, and a Gantt chart of the last and next hours. */
export function ClusterView(): VNode {
  const { store } = useMonitor();
  const element = useRef<HTMLDivElement>(null);
  const visible = useVisible(element);
  const { backend, chooser } = useBackend();
  const [span, setSpan] = useState(FIRST_SPAN);
  const [asTable, setAsTable] = useState(false);
  const [only, setOnly] = useState<Only | null>(null);
  const [onlyMine, setOnlyMine] = useState(false);
  const { cluster, problem, again } = useCluster(backend, span, visible);

  const all = useMemo(() => (cluster ? layOut(cluster) : []), [cluster]);
  const rows = useMemo(() => choose(all, only, onlyMine), [all, only, onlyMine]);
  const onOpen = useCallback((job: ClusterJob) => job.key && store.show(job.key), [store]);

  return (
    <div class="poj-cluster" ref={element} aria-busy={!cluster && !problem}>
      {problem && (
        <Trouble problem={problem} again={again}>
          {cluster && <strong>{t('Not up to date.')} </strong>}
        </Trouble>
      )}
      {!cluster && chooser}
      {!cluster && !problem && <p class="poj-empty">{t('Asking the cluster…')}</p>}
      {cluster && <FreeNow hosts={cluster.hosts} only={only} setOnly={setOnly} />}
      {cluster && (
        <div class="poj-cluster-bar" role="toolbar" aria-label={t('What is shown')}>
          {chooser}
          {!asTable && <Moves span={span} setSpan={setSpan} />}
          <label class="poj-tick">
            <input
              type="checkbox"
              checked={onlyMine}
              onChange={(event) => setOnlyMine(event.currentTarget.checked)}
            />
            {t('Only hosts with my jobs')}
          </label>
          <button
            type="button"
            class="poj-button poj-push"
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            {t('As a table')}
          </button>
        </div>
      )}
      {cluster && rows.length > 0 && !asTable && (
        <Chart rows={rows} now={cluster.now} span={span} setSpan={setSpan} onOpen={onOpen} />
      )}
      {cluster && rows.length > 0 && asTable && (
        <HostTable
          rows={rows}
          now={cluster.now}
          from={cluster.now + span.start}
          to={cluster.now + span.start + span.length}
          onOpen={onOpen}
        />
      )}
      {cluster && <Legend cluster={cluster} rows={rows} filtered={Boolean(only) || onlyMine} />}
    </div>
  );
}

function choose(rows: readonly HostRow[], only: Only | null, onlyMine: boolean): HostRow[] {
  return rows.filter(
    (row) =>
      (!onlyMine || row.mine) && (!only || row.host.properties[only.property] === only.value),
  );
}

function Moves(props: { span: Span; setSpan: (change: (span: Span) => Span) => void }): VNode {
  const moves: [string, string, (span: Span) => Span][] = [
    ['‹', t('Earlier'), (span) => pan(span, -0.5)],
    ['›', t('Later'), (span) => pan(span, 0.5)],
    ['−', t('Show more hours'), (span) => zoom(span, 2, 0.25)],
    ['+', t('Show fewer hours'), (span) => zoom(span, 0.5, 0.25)],
  ];
  return (
    <span class="poj-moves">
      {moves.map(([sign, name, change]) => (
        <button
          key={name}
          type="button"
          class="poj-button"
          aria-label={name}
          title={name}
          onClick={() => props.setSpan(change)}
        >
          {sign}
        </button>
      ))}
      <button type="button" class="poj-button" onClick={() => props.setSpan(() => FIRST_SPAN)}>
        {t('Now')}
      </button>
      <span class="poj-muted" aria-live="polite">
        {duration(props.span.length)}
      </span>
    </span>
  );
}

function Legend(props: { cluster: Cluster; rows: readonly HostRow[]; filtered: boolean }): VNode {
  const { cluster, rows, filtered } = props;
  if (!cluster.hosts.length) return <p class="poj-empty">{t('No hosts are known here.')}</p>;
  if (!rows.length) return <p class="poj-empty">{t('No host is like that.')}</p>;
  const unplaced = cluster.jobs.filter((job) => !Object.keys(job.hosts).length).length;
  const hosts = filtered
    ? t('%1 of %2 hosts', count(rows.length), count(cluster.hosts.length))
    : t('%1 hosts', count(rows.length));
  return (
    <p class="poj-legend">
      <span>{hosts}</span>
      {!cluster.jobs.length && <span>{t('Nothing runs or is planned in these hours.')}</span>}
      {unplaced > 0 && <span>{t('%1 jobs wait without a forecast', count(unplaced))}</span>}
      <span class="poj-key poj-key-mine">{t('mine')}</span>
      <span class="poj-key">{t('others')}</span>
      <span class="poj-key poj-key-forecast">{t('expected')}</span>
    </p>
  );
}
