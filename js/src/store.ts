import { signal, type ReadonlySignal } from '@preact/signals';

import type { Channel, ChannelState } from './channel';
import type { Hello, Row } from './protocol';

/** What is known here, kept up to date by the channel. Views read signals and call verbs. */
export interface Store {
  readonly hello: ReadonlySignal<Hello | null>;
  readonly state: ReadonlySignal<ChannelState>;
  /** All rows by key. The map is replaced at each change; rows that did not change stay the same. */
  readonly rows: ReadonlySignal<ReadonlyMap<string, Row>>;
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
  void channel;
  void signal;
  throw new Error('to be written');
}
