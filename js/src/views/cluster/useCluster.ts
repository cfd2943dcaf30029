import { useComputed } from '@preact/signals';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { problemOf } from '../../channels/channel';
import { useMonitor } from '../../context';
import type { Cluster, Problem, Row } from '../../protocol';
import { asked, type Span } from './span';

/** How long a picture is good, in milliseconds. */
const AGE = 15_000;
/** How long to wait for more of the same before asking, in milliseconds. */
const PAUSE = 300;
/** The other side may keep what the scheduler told for so long, in milliseconds. */
const KEPT = 6_000;

export interface Seen {
  cluster: Cluster | null;
  problem: Problem | null;
  again: () => void;
}

/** The cluster as it is now: asked again every 15 s, when one's own jobs change, and when one moves. */
export function useCluster(backend: string, span: Span, visible: boolean): Seen {
  const { channel, store } = useMonitor();
  const [cluster, setCluster] = useState<Cluster | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  // The numbers of the last question, and of the newest that is answered.
  const last = useRef(0);
  const answered = useRef(0);
  const inSight = useRef(span);
  inSight.current = span;

  const again = useCallback(() => {
    const mine = ++last.current;
    const isNews = (): boolean => {
      if (mine <= answered.current) return false;
      answered.current = mine;
      return true;
    };
    const now = Math.round(store.now.peek());
    const { from, to } = asked(inSight.current);
    channel.ask('cluster', { backend, from: now + Math.floor(from), to: now + Math.ceil(to) }).then(
      (answer) => {
        if (!isNews()) return;
        setCluster(answer);
        setProblem(null);
      },
      (error: unknown) => {
        if (isNews()) setProblem(problemOf(error));
      },
    );
  }, [backend, channel, store]);

  useEffect(() => {
    setCluster(null);
    setProblem(null);
    return () => {
      answered.current = last.current; // what comes now is of another backend
    };
  }, [backend]);
  useEffect(() => {
    if (!backend || !visible) return;
    again();
    const timer = setInterval(() => {
      if (answered.current === last.current) again();
    }, AGE);
    return () => clearInterval(timer);
  }, [backend, visible, again]);

  const soon = (pause = PAUSE): (() => void) => {
    const timer = setTimeout(again, pause);
    return () => clearTimeout(timer);
  };
  const changes = useOwnChanges();
  useEffect(() => (visible && changes ? soon() : undefined), [changes]);
  useEffect(() => (visible && changes ? soon(KEPT) : undefined), [changes]);
  const moved = cluster && !covers(cluster, span) ? span : null;
  useEffect(() => (visible && moved ? soon() : undefined), [moved]);
  return { cluster, problem, again };
}

function covers({ now, from, to }: Cluster, { start, length }: Span): boolean {
  return from <= now + start && to >= now + start + length;
}

/** Counts how often a row of one's own came, went or changed its state. */
function useOwnChanges(): number {
  const { store } = useMonitor();
  const seen = useRef<{ rows: ReadonlyMap<string, Row>; changes: number } | null>(null);
  return useComputed(() => {
    const rows = store.rows.value;
    if (!store.ready.value) return 0;
    const before = seen.current;
    const changed = before && differs(before.rows, rows) ? 1 : 0;
    seen.current = { rows, changes: (before?.changes ?? 0) + changed };
    return seen.current.changes;
  }).value;
}

function differs(before: ReadonlyMap<string, Row>, after: ReadonlyMap<string, Row>): boolean {
  for (const [key, row] of after) {
    const old = before.get(key);
    if (old !== row && row.mine && old?.state !== row.state) return true;
  }
  for (const [key, row] of before) if (row.mine && !after.has(key)) return true;
  return false;
}
