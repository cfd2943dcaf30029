import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';

import type { ClusterJob } from '../../protocol';
import { count, duration, moment } from '../../ui/format';
import { State } from '../../ui/State';
import { t } from '../../words';
import { sharedDomain, type HostRow } from './layout';

/** Lines shown at first, and how many more each time. */
const PAGE = 100;

interface Props {
  rows: readonly HostRow[];
  now: number;
  from: number;
  to: number;
  onOpen: (job: ClusterJob) => void;
}

interface Line {
  host: HostRow['host'];
  job: ClusterJob | null;
}

/** The same as the chart, to be read. */
export function HostTable({ rows, now, from, to, onOpen }: Props): VNode {
  const lines = useMemo(() => linesOf(rows, from, to), [rows, from, to]);
  const domain = useMemo(() => sharedDomain(rows.map((row) => row.host)), [rows]);
  const [shown, setShown] = useState(PAGE);
  useEffect(() => setShown(PAGE), [rows.length]);
  return (
    <div class="poj-hosts">
      <table class="poj-hosts-table">
        <caption>{t('Jobs by host from %1 to %2', moment(from, now), moment(to, now))}</caption>
        <thead>
          <tr>
            {[t('Host'), t('Job'), t('Owner'), t('State'), t('From'), t('To'), t('Resources')].map(
              (title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, shown).map(({ host, job }) => (
            <tr key={`${host.name} ${job?.id ?? ''}`} class={job?.mine ? 'poj-mine' : ''}>
              <th scope="row" title={host.name}>
                {host.name.slice(0, host.name.length - domain.length)}
                {host.state !== 'Alive' && <span class="poj-hosts-state"> {host.state}</span>}
              </th>
              {job ? <JobCells {...{ job, host, now, onOpen }} /> : <NoJob host={host} />}
            </tr>
          ))}
        </tbody>
      </table>
      {lines.length > shown && (
        <button type="button" class="poj-button" onClick={() => setShown(shown + PAGE)}>
          {t('Show more (%1 of %2 shown)', count(shown), count(lines.length))}
        </button>
      )}
    </div>
  );
}

function JobCells(props: Line & { job: ClusterJob } & Pick<Props, 'now' | 'onOpen'>): VNode {
  const { job, host, now } = props;
  const name = job.name || job.id;
  return (
    <>
      <td>
        {job.mine ? (
          <button type="button" class="poj-link" onClick={() => props.onOpen(job)}>
            {name}
          </button>
        ) : (
          name
        )}
      </td>
      <td>{job.owner}</td>
      <td>
        <State tone={job.tone} word={job.forecast ? t('%1, expected', job.state) : job.state} />
      </td>
      <td>{moment(job.start, now)}</td>
      <td title={duration(job.stop - job.start)}>{moment(job.stop, now)}</td>
      <td>{t('%1 of %2', job.hosts[host.name] ?? 0, host.resources)}</td>
    </>
  );
}

function NoJob({ host }: Pick<Line, 'host'>): VNode {
  return (
    <td colSpan={6} class="poj-muted">
      {host.free ? t('no job; %1 of %2 free', host.free, host.resources) : t('no job')}
    </td>
  );
}

function linesOf(rows: readonly HostRow[], from: number, to: number): Line[] {
  return rows.flatMap(({ host, bars }): Line[] => {
    const jobs = [...new Set(bars.map((bar) => bar.job))];
    const seen = jobs.filter((job) => job.start < to && job.stop > from);
    return seen.length ? seen.map((job) => ({ host, job })) : [{ host, job: null }];
  });
}
