import type { Channel, ChannelState } from '../src/channels/channel';
import { AskError } from '../src/channels/channel';
import type { Host } from '../src/host';
import type { Hello, Push, Row, RowChange, Verb, Verbs } from '../src/protocol';

type Reply<V extends Verb> =
  | Verbs[V]['answer']
  | ((params: Verbs[V]['ask']) => Verbs[V]['answer'] | Promise<Verbs[V]['answer']>);
export type Replies = { [V in Verb]?: Reply<V> };

/** A channel with nobody behind it: answers from a table, notes what was asked, pushes by hand. */
export class FakeChannel implements Channel {
  readonly asked: { verb: Verb; params: unknown }[] = [];
  closed = false;
  private pushes = new Set<(push: Push) => void>();
  private states = new Set<(state: ChannelState) => void>();

  /** A verb without a reply is refused with an `AskError`. */
  constructor(
    readonly replies: Replies = {},
    private state: ChannelState = 'open',
  ) {
    this.replies.hello ??= hello();
    if (!('follow' in this.replies)) this.replies.follow = null;
    if (!('watch' in this.replies)) this.replies.watch = null;
  }

  async ask<V extends Verb>(verb: V, params: Verbs[V]['ask']): Promise<Verbs[V]['answer']> {
    this.asked.push({ verb, params });
    await Promise.resolve();
    if (!(verb in this.replies)) throw new AskError({ message: `No reply to ${verb}.`, hint: '' });
    const reply = this.replies[verb] as Reply<V>;
    return typeof reply === 'function' ? reply(params) : reply;
  }

  /** The parameters of all questions with this verb, in order. */
  askedOf<V extends Verb>(verb: V): Verbs[V]['ask'][] {
    return this.asked
      .filter((one) => one.verb === verb)
      .map((one) => one.params as Verbs[V]['ask']);
  }

  onPush(listener: (push: Push) => void): () => void {
    this.pushes.add(listener);
    return () => this.pushes.delete(listener);
  }

  onState(listener: (state: ChannelState) => void): () => void {
    this.states.add(listener);
    listener(this.state);
    return () => this.states.delete(listener);
  }

  close(): void {
    this.closed = true;
  }

  push(push: Push): void {
    for (const listener of [...this.pushes]) listener(push);
  }

  /** All rows, as after `follow`. */
  whole(rows: Row[], now = NOW): void {
    this.push({ push: 'rows', whole: true, now, changed: rows, gone: [] });
  }

  change(changed: RowChange[], gone: string[] = [], now = NOW): void {
    this.push({ push: 'rows', whole: false, now, changed, gone });
  }

  become(state: ChannelState): void {
    this.state = state;
    for (const listener of [...this.states]) listener(state);
  }
}

/** The clock of the other side, unless told otherwise. */
export const NOW = 1_700_000_000;

export function hello(fields: Partial<Hello> = {}): Hello {
  return {
    version: '0.1.0',
    spool: 'spool-1',
    user: 'ada',
    now: NOW,
    backend: 'oar',
    backends: ['oar', 'local'],
    ...fields,
  };
}

/** A running cell's job, unless told otherwise. */
export function row(fields: Partial<Row> = {}): Row {
  return {
    key: 'job:1',
    parent: '',
    kind: 'cell',
    id: '1',
    name: 'a cell',
    owner: 'ada',
    mine: true,
    backend: 'oar',
    state: 'Running',
    tone: 'running',
    note: '',
    node: 'node1',
    resources: '-l host=1/core=1',
    queue: 'default',
    submitted: NOW - 100,
    scheduled: 0,
    started: NOW - 60,
    ended: 0,
    walltime: 3600,
    progress: -1,
    progressText: '',
    counts: {},
    opens: false,
    can: ['cancel', 'hold'],
    source: 'a.ipynb',
    place: 0,
    ...fields,
  };
}

/** A page that keeps things in memory and can go nowhere. */
export function fakeHost(
  kept: Record<string, unknown> = {},
): Host & { all: Record<string, unknown> } {
  return {
    all: kept,
    useInCell: () => Promise.resolve('copied'),
    goTo: () => Promise.resolve(false),
    keep(name, value) {
      kept[name] = value;
    },
    kept: (name) => Promise.resolve(kept[name] ?? null),
  };
}
