import { useEffect, useMemo, useRef } from 'preact/hooks';

import { useMonitor } from '../../context';
import { Reader, type Stream } from './reader';

export type Readers = Record<Stream, Reader>;

/** Milliseconds between looks at output whose growth nobody tells of, such as another service's. */
const LOOK = 3000;

/** A job's two streams; the one that is looked at is read, of both it is told how they grow. */
export function useReaders(key: string, stream: Stream): Readers {
  const { channel } = useMonitor();
  const readers = useMemo(
    () => ({
      stdout: new Reader(channel, key, 'stdout'),
      stderr: new Reader(channel, key, 'stderr'),
    }),
    [channel, key],
  );
  const told = useRef(false);

  useEffect(() => {
    const stop = channel.onPush((push) => {
      if (push.push !== 'grown' || push.key !== key) return;
      told.current = true;
      void readers.stdout.grown(push.stdout, push.ended);
      void readers.stderr.grown(push.stderr, push.ended);
    });
    // Without it the output is there, and only does not grow by itself.
    const watch = (keys: string[]): void => void channel.ask('watch', { keys }).catch(() => null);
    watch([key]);
    return () => {
      stop();
      watch([]);
      readers.stdout.dispose();
      readers.stderr.dispose();
    };
  }, [channel, key, readers]);

  useEffect(() => {
    const reader = readers[stream];
    if (!reader.version.peek()) void reader.toEnd();
    let lost = false;
    const stop = channel.onState((state) => {
      if (state === 'open' && lost) void reader.again();
      lost = state !== 'open';
    });
    const looking = setInterval(() => {
      if (!told.current && !lost) void reader.look();
    }, LOOK);
    return () => {
      stop();
      clearInterval(looking);
    };
  }, [channel, readers, stream]);

  return readers;
}
