import { useCallback, useEffect, useState } from 'preact/hooks';

import { useMonitor } from '../../context';

const NAME = 'picker.recent';
const MOST = 6;

/** The requests taken last, the newest first; kept for later visits. */
export function useRecent(): { recent: readonly string[]; add: (words: string) => void } {
  const { host } = useMonitor();
  const [recent, setRecent] = useState<readonly string[]>([]);
  useEffect(() => {
    host.kept(NAME).then(
      (kept) => setRecent((recent) => merge(recent, readKept(kept))),
      () => undefined, // without them it works as well
    );
  }, [host]);
  const add = useCallback(
    (words: string) => {
      setRecent((recent) => {
        const next = merge([words], recent);
        host.keep(NAME, next);
        return next;
      });
    },
    [host],
  );
  return { recent, add };
}

function merge(first: readonly string[], then: readonly string[]): string[] {
  return [...new Set([...first, ...then])].slice(0, MOST);
}

function readKept(kept: unknown): string[] {
  if (!Array.isArray(kept)) return [];
  return kept.filter((words): words is string => typeof words === 'string' && words !== '');
}
