import type { VNode } from 'preact';

import type { ClusterJob } from '../../protocol';
import { duration, moment } from '../../ui/format';
import { t } from '../../words';

/** What a bar is, in lines of text. */
export function jobLines(job: ClusterJob, host: string, now: number): string[] {
  const hosts = Object.values(job.hosts);
  const all = hosts.reduce((sum, count) => sum + count, 0);
  const times = t(
    '%1 – %2 (%3)',
    moment(job.start, now),
    moment(job.stop, now),
    duration(job.stop - job.start),
  );
  const here = t('Resources: %1 on %2', job.hosts[host] ?? 0, host);
  return [
    t('%1 of %2', job.id, job.owner),
    job.forecast
      ? t('%1, expected to start in %2', job.state, inWords(job.start - now))
      : job.state,
    times,
    hosts.length > 1 ? t('%1; %2 on %3 hosts in all', here, all, hosts.length) : here,
  ];
}

function inWords(seconds: number): string {
  return duration(Math.max(0, seconds < 60 ? seconds : Math.round(seconds / 60) * 60));
}

interface Props {
  job: ClusterJob;
  host: string;
  now: number;
  /** Where it points, and how much room there is, in pixels of the chart. */
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Stands beside and above or below what it is about, on the side with more room. */
export function Tip({ job, host, now, x, y, width, height }: Props): VNode {
  const style = {
    ...(x > width / 2 ? { right: `${width - x + 10}px` } : { left: `${x + 10}px` }),
    ...(y > height / 2 ? { bottom: `${height - y + 10}px` } : { top: `${y + 14}px` }),
  };
  return (
    <div class="poj-tip" role="tooltip" style={style}>
      <strong>{job.name || t('(no name)')}</strong>
      {jobLines(job, host, now).map((line, index) => (
        <div key={index}>{line}</div>
      ))}
    </div>
  );
}
