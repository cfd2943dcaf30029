import { useEffect, useRef, useState } from 'preact/hooks';

import { problemOf } from '../../channels/channel';
import { useMonitor } from '../../context';
import type { Choice, Picked, Problem, Site } from '../../protocol';
import type { Store } from '../../store';
import { finished, firstChoice } from './choice';

/** How long to wait for more changes before asking, in milliseconds. */
const PAUSE = 200;
/** How long an answer is good, in milliseconds: what is free changes. */
const AGE = 30_000;

export interface Picker {
  site: Site | null;
  /** Why the site is not known. */
  siteProblem: Problem | null;
  askSite: () => void;
  choice: Choice | null;
  change: (choice: Choice) => void;
  /** The request's words: as typed, else as the other side writes the choice. */
  text: string;
  type: (text: string) => void;
  /** What is wrong with the words as typed; the form keeps the last that was right. */
  textProblem: Problem | null;
  /** Words that were wrong and gave way to a change in the form, or "". */
  dropped: string;
  picked: Picked | null;
  pickProblem: Problem | null;
  /** Whether the words are right and belong to the answer that is shown. */
  ready: boolean;
}

/** What was answered last, and to which choice. */
interface Answer {
  to: Choice;
  /** The last that came, if there is a problem now. */
  picked: Picked | null;
  problem: Problem | null;
}

// What was being picked, for when one comes back to the view.
const left = new WeakMap<Store, { choice: Choice | null; typed: string | null }>();

/** The form and its words, each following the other; late answers are dropped. */
export function usePicker(backend: string, visible: boolean): Picker {
  const { channel, store } = useMonitor();
  const [site, setSite] = useState<Site | null>(null);
  const [siteProblem, setSiteProblem] = useState<Problem | null>(null);
  const [choice, setChoice] = useState(() => left.get(store)?.choice ?? null);
  const [typed, setTyped] = useState(() => left.get(store)?.typed ?? null);
  const [textProblem, setTextProblem] = useState<Problem | null>(null);
  const [dropped, setDropped] = useState('');
  const [understood, setUnderstood] = useState('');
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [tries, setTries] = useState(0);
  const started = useRef(false);
  left.set(store, { choice, typed });

  useEffect(() => {
    if (!backend) return;
    const { live, stop } = untilStopped();
    setSiteProblem(null);
    channel.ask('site', { backend }).then(
      live((answer) => {
        setSite(answer);
        setChoice((choice) => choice ?? firstChoice(answer));
      }),
      live((error) => setSiteProblem(problemOf(error))),
    );
    return stop;
  }, [backend, channel, tries]);

  useEffect(() => {
    if (!backend || !choice || !visible) return;
    const { live, stop } = untilStopped();
    let timer: ReturnType<typeof setTimeout>;
    const askIn = (pause: number): void => {
      timer = setTimeout(() => void ask(), pause);
    };
    const ask = (): Promise<void> =>
      channel
        .ask('pick', { backend, choice: finished(choice) })
        .then(
          live((picked) => setAnswer({ to: choice, picked, problem: null })),
          live((error) =>
            setAnswer((old) => ({
              to: choice,
              picked: old?.picked ?? null,
              problem: problemOf(error),
            })),
          ),
        )
        .then(live(() => askIn(AGE)));
    askIn(started.current ? PAUSE : 0);
    started.current = true;
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [backend, channel, choice, visible]);

  useEffect(() => {
    if (typed === null) return;
    const { live, stop } = untilStopped();
    const timer = setTimeout(() => {
      channel.ask('read', { words: typed }).then(
        live((read) => {
          setChoice(read);
          setUnderstood(typed);
          setTextProblem(null);
        }),
        live((error) => setTextProblem(problemOf(error))),
      );
    }, PAUSE);
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [channel, typed]);

  return {
    site,
    siteProblem,
    askSite: () => setTries(tries + 1),
    choice,
    change(next) {
      setDropped(textProblem && typed ? typed : '');
      setTyped(null);
      setTextProblem(null);
      setChoice(next);
    },
    text: typed ?? answer?.picked?.words ?? '',
    type(text) {
      setDropped('');
      setTyped(text);
    },
    textProblem,
    dropped,
    picked: answer?.picked ?? null,
    pickProblem: answer?.problem ?? null,
    ready:
      answer?.to === choice &&
      answer.picked !== null &&
      !answer.problem &&
      !textProblem &&
      (typed === null || typed === understood),
  };
}

/** Handlers made by `live` do nothing once it is stopped. */
function untilStopped(): {
  live: <T>(handle: (value: T) => void) => (value: T) => void;
  stop: () => void;
} {
  let stopped = false;
  return {
    live: (handle) => (value) => {
      if (!stopped) handle(value);
    },
    stop: () => {
      stopped = true;
    },
  };
}
