import { useEffect, useRef, useState } from 'preact/hooks';

import { problemOf } from '../../channels/channel';
import { useMonitor } from '../../context';
import type { Details, Problem, Row } from '../../protocol';

export interface Known {
  /** What was told last about this row; null until something was. */
  details: Details | null;
  problem: Problem | null;
  again: () => void;
}

const PAUSE = 300; // ms: several changes of a row soon after another are one question

/** A row's details, asked again when its state changes. */
export function useDetails(row: Row): Known {
  const { channel } = useMonitor();
  const [answer, setAnswer] = useState<{ details: Details | null; problem: Problem | null }>();
  const [tries, setTries] = useState(0);
  const askedFor = useRef('');
  useEffect(() => {
    let wanted = true;
    const ask = async (): Promise<void> => {
      askedFor.current = row.key;
      try {
        const details = await channel.ask('details', { key: row.key });
        if (wanted) setAnswer({ details, problem: null });
      } catch (error) {
        if (wanted)
          setAnswer((last) => ({ details: last?.details ?? null, problem: problemOf(error) }));
      }
    };
    const pause = askedFor.current === row.key ? PAUSE : 0;
    const timer = setTimeout(() => void ask(), pause);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [channel, row.key, row.state, row.note, row.started, row.ended, tries]);
  return {
    details: answer?.details ?? null,
    problem: answer?.problem ?? null,
    again: () => setTries((count) => count + 1),
  };
}
