import { batch, signal, type ReadonlySignal } from '@preact/signals';

import type { Channel, ChannelState } from './channels/channel';
import type { Hello, Push, Row, RowChange } from './protocol';

/** What is known here, kept up to date by the channel. Views read signals and call verbs. */
export interface Store {
  readonly hello: ReadonlySignal<Hello | null>;
  readonly state: ReadonlySignal<ChannelState>;
  /** All rows by key. The map is replaced at each change; rows that did not change stay the same. */
  readonly rows: ReadonlySignal<ReadonlyMap<string, Row>>;
  /** Whether all rows have come, once at least. */
  readonly ready: ReadonlySignal<boolean>;
  /** What does not answer at the moment, or "". */
  readonly trouble: ReadonlySignal<string>;
  /** The other side's clock, in seconds since the epoch; moves each second. */
  readonly now: ReadonlySignal<number>;
  /** The key of the row whose details are shown, or "". */
  readonly shown: ReadonlySignal<string>;
  show(key: string): void;
  setEveryone(everyone: boolean): void;
  open(key: string, open: boolean): void;
  readonly opened: ReadonlySignal<ReadonlySet<string>>;
  readonly everyone: ReadonlySignal<boolean>;
  dispose(): void;
}

export function makeStore(channel: Channel): Store {
  const hello = signal<Hello | null>(null);
  const state = signal<ChannelState>('opening');
  const rows = signal<ReadonlyMap<string, Row>>(new Map());
  const ready = signal(false);
  const trouble = signal('');
  const now = signal(here());
  const shown = signal('');
  const opened = signal<ReadonlySet<string>>(new Set());
  const everyone = signal(false);

  let ahead = 0; // how many seconds the other side's clock is before ours
  const tick = (): void => {
    now.value = Math.floor(here() + ahead);
  };
  let refused = ''; // the trouble that came of our own questions
  const setClock = (theirs: number): void => {
    ahead = theirs - here();
    tick();
  };
  const ticking = setInterval(tick, 1000);

  async function meet(): Promise<void> {
    try {
      const [met] = await Promise.all([channel.ask('hello', {}), follow()]);
      hello.value = met;
      setClock(met.now);
    } catch (error) {
      tell(error);
    }
  }
  async function follow(): Promise<void> {
    await channel.ask('follow', { everyone: everyone.value, opened: [...opened.value] });
    if (trouble.value === refused) trouble.value = '';
  }
  function tell(error: unknown): void {
    if (state.value !== 'open') return;
    trouble.value = refused = (error as Error).message;
  }
  function hear(push: Push): void {
    if (push.push === 'trouble') trouble.value = push.message;
    if (push.push !== 'rows') return;
    batch(() => {
      setClock(push.now);
      if (push.whole) trouble.value = ''; // it begins anew, and tells next what still is
      const before = rows.value;
      const after = new Map(push.whole ? [] : before);
      for (const key of push.gone) after.delete(key);
      for (const change of push.changed) put(after, before, change);
      rows.value = after;
      ready.value = true;
    });
  }

  const stopHearing = channel.onPush(hear);
  const stopLooking = channel.onState((now) => {
    if (now === state.value) return;
    state.value = now;
    if (now === 'open') void meet();
  });

  return {
    hello,
    state,
    rows,
    ready,
    trouble,
    now,
    shown,
    opened,
    everyone,
    show(key) {
      shown.value = key;
    },
    setEveryone(all) {
      if (all === everyone.value) return;
      everyone.value = all;
      follow().catch(tell);
    },
    open(key, open) {
      if (open === opened.value.has(key)) return;
      const keys = new Set(opened.value);
      if (open) keys.add(key);
      else keys.delete(key);
      opened.value = keys;
      follow().catch(tell);
    },
    dispose() {
      clearInterval(ticking);
      stopHearing();
      stopLooking();
    },
  };
}

function here(): number {
  return Date.now() / 1000;
}

/** Put a row, or what has changed of it; one that says nothing new stays the object that it was. */
function put(after: Map<string, Row>, before: ReadonlyMap<string, Row>, change: RowChange): void {
  if (!change.key) return;
  const old = before.get(change.key);
  if (!old && change.kind === undefined) return; // a part of a row that was never sent
  after.set(change.key, old && saysNothing(old, change) ? old : ({ ...old, ...change } as Row));
}

function saysNothing(old: Row, change: RowChange): boolean {
  return (Object.keys(change) as (keyof Row)[]).every(
    (field) =>
      old[field] === change[field] ||
      (typeof old[field] === 'object' &&
        JSON.stringify(old[field]) === JSON.stringify(change[field])),
  );
}
