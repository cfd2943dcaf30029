import type { Cluster, ClusterHost, ClusterJob } from '../../protocol';

/** A piece of a job on a host: neighbouring lanes from `start` to `stop`. */
export interface Bar {
  job: ClusterJob;
  /** Its first lane and how many it takes; a lane is one of the host's resources. */
  lane: number;
  lanes: number;
}

export interface HostRow {
  host: ClusterHost;
  /** In order of start. */
  bars: Bar[];
  mine: boolean;
}

const byName = new Intl.Collator(undefined, { numeric: true });

/** The rows of the chart in order of name, with each job's place on its hosts. */
export function layOut(cluster: Cluster): HostRow[] {
  const rows = new Map<string, HostRow>();
  const hosts = [...cluster.hosts].sort((a, b) => byName.compare(a.name, b.name));
  for (const host of hosts) rows.set(host.name, { host, bars: [], mine: false });
  const busy = new Map<string, Lane[]>();
  for (const job of [...cluster.jobs].sort((a, b) => a.start - b.start)) {
    for (const [name, wanted] of Object.entries(job.hosts)) {
      const row = rows.get(name);
      if (!row) continue;
      let until = busy.get(name);
      if (!until) busy.set(name, (until = emptyLanes(row.host)));
      for (const [lane, lanes] of takeLanes(until, wanted, job))
        row.bars.push({ job, lane, lanes });
      row.mine ||= job.mine;
    }
  }
  return [...rows.values()];
}

export function laneCount(host: ClusterHost): number {
  return Math.max(1, host.resources);
}

/** One resource of a host, and until when it is taken. */
interface Lane {
  at: number;
  until: number;
}

function emptyLanes(host: ClusterHost): Lane[] {
  return Array.from({ length: laneCount(host) }, (_, at) => ({ at, until: -Infinity }));
}

/**
 * Which lanes a job takes, as runs of neighbours (the first and how many), one run where that can
 * be: cores are alike, and the schedule does not say which ones. Where more is planned than there
 * is (jobs that share), it is drawn over what ends first.
 */
function takeLanes(lanes: Lane[], wanted: number, job: ClusterJob): [number, number][] {
  const count = Math.min(Math.max(1, wanted), lanes.length);
  const free: Lane[] = [];
  let run: Lane[] = [];
  for (const lane of lanes) {
    if (lane.until > job.start) {
      run = [];
      continue;
    }
    free.push(lane);
    run.push(lane);
    if (run.length === count) return mark(run, job);
  }
  if (free.length >= count) return mark(free.slice(0, count), job);
  const soonest = [...lanes].sort((a, b) => a.until - b.until || a.at - b.at).slice(0, count);
  return mark(
    soonest.sort((a, b) => a.at - b.at),
    job,
  );
}

function mark(lanes: Lane[], job: ClusterJob): [number, number][] {
  const runs: [number, number][] = [];
  for (const lane of lanes) {
    lane.until = Math.max(lane.until, job.stop);
    const last = runs.at(-1);
    if (last && last[0] + last[1] === lane.at) last[1]++;
    else runs.push([lane.at, 1]);
  }
  return runs;
}

/** One height for all rows, so that a core can be seen where there are many. */
export function rowHeight(rows: readonly HostRow[]): number {
  const most = rows.reduce((most, row) => Math.max(most, row.host.resources), 0);
  return Math.min(44, Math.max(24, most * 2 + 8));
}

/** What all names end with, from the first dot on, or "": it need not be said on each row. */
export function sharedDomain(hosts: readonly ClusterHost[]): string {
  const domains = [...new Set(hosts.map(({ name }) => name.slice(`${name}.`.indexOf('.'))))];
  return domains.length === 1 ? (domains[0] ?? '') : '';
}
