import { useMemo, useRef, useState } from 'preact/hooks';

import type { ClusterJob } from '../../protocol';
import { barKey } from './Bars';
import type { HostRow } from './layout';
import { reveal, type Span } from './span';

interface OwnBars {
  /** The one that the keyboard is on, or was last; "" for none. */
  active: string;
  job: ClusterJob | undefined;
  activate: (key: string) => void;
  /** Go on by so many, out of sight too; answers the row that it is in, -1 for none. */
  step: (by: number) => number;
  /** Told of each element that is drawn, and of null once it is gone. */
  drawn: (key: string, element: SVGElement | null) => void;
  /** To be called after each drawing: the bar gone to is focused once it is there. */
  focusWanted: () => void;
}

/** One's own bars, one after the other for the keyboard; also those that are not in sight. */
export function useOwnBars(
  rows: readonly HostRow[],
  setSpan: (change: (span: Span) => Span) => void,
  now: number,
): OwnBars {
  const [active, activate] = useState('');
  const elements = useRef(new Map<string, SVGElement>());
  const wanted = useRef('');
  const own = useMemo(() => {
    const found = new Map<string, { key: string; row: number; job: ClusterJob }>();
    rows.forEach((row, index) => {
      if (!row.mine) return;
      for (const { job } of row.bars) {
        const key = barKey(row.host.name, job);
        if (job.mine) found.set(key, { key, row: index, job });
      }
    });
    return [...found.values()];
  }, [rows]);
  const at = own.findIndex(({ key }) => key === active);
  return {
    active,
    job: own[at]?.job,
    activate,
    step(by) {
      const next = own[Math.min(own.length - 1, Math.max(0, at + by))];
      if (!next) return -1;
      const { start, stop } = next.job;
      setSpan((span) => {
        const left = now + span.start;
        const seen = start < left + span.length && stop > left;
        return seen ? span : reveal(span, start - now);
      });
      wanted.current = next.key;
      activate(next.key);
      return next.row;
    },
    drawn(key, element) {
      if (element) elements.current.set(key, element);
      else elements.current.delete(key);
    },
    focusWanted() {
      const element = wanted.current && elements.current.get(wanted.current);
      if (!element) return;
      wanted.current = '';
      element.focus({ preventScroll: true });
    },
  };
}
