import { useEffect, useMemo, useState } from 'preact/hooks';

import type { Reader } from './reader';
import { Finder, type Match } from './search';

export interface Search {
  text: string;
  setText: (text: string) => void;
  finder: Finder | null;
  current: Match | null;
  /** Which of the matches it is, from 1; 0 where none is. */
  position: number;
  /** The next match, or the one before; from a row, where none is the current one. */
  step: (by: 1 | -1, from: number) => Match | null;
}

const PAUSE = 150; // ms, while somebody types

/** Search in what a reader holds, as that changes. */
export function useSearch(reader: Reader): Search {
  const [text, setText] = useState('');
  const [settled, setSettled] = useState('');
  const [current, setCurrent] = useState<Match | null>(null);
  const version = reader.version.value;
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), text ? PAUSE : 0);
    return () => clearTimeout(timer);
  }, [text]);
  const finder = useMemo(
    () => (settled ? new Finder(reader.lines, settled) : null),
    [reader, settled],
  );
  useMemo(() => finder?.update(), [finder, version]);
  useEffect(() => setCurrent(null), [finder]);

  const index = finder && current ? finder.indexOf(current) : -1;
  const step = (by: 1 | -1, from: number): Match | null => {
    const all = finder?.matches ?? [];
    if (!all.length) return null;
    const after = all.findIndex((match) => match.row >= from);
    const start = by > 0 ? (after < 0 ? 0 : after) : (after < 0 ? all.length : after) - 1;
    const next = index < 0 ? start : index + by;
    const found = all[(next + all.length) % all.length] ?? null;
    setCurrent(found);
    return found;
  };
  return { text, setText, finder, current, position: index + 1, step };
}
