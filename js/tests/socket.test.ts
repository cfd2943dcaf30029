// @vitest-environment node
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocketServer, type WebSocket as Peer } from 'ws';

import type { Channel, ChannelState } from '../src/channels/channel';
import { socketChannel } from '../src/channels/socket';
import type { Push, Question } from '../src/protocol';
import { Socket } from './sockets';

/** How long anything may take on a loaded machine, in milliseconds. */
const PATIENCE = 20_000;

/** A real server, which answers `hello` and keeps the rest. */
class Server {
  heard: Question[] = [];
  private readonly peers: Peer[] = [];

  private constructor(private readonly server: WebSocketServer) {
    server.on('connection', (peer) => {
      this.peers.push(peer);
      peer.on('message', (data: Buffer) => {
        const question = JSON.parse(data.toString()) as Question;
        this.heard.push(question);
        if (question.ask === 'hello') this.send({ id: question.id, answer: { spool: 'here' } });
      });
    });
  }

  static async start(port = 0): Promise<Server> {
    const server = new WebSocketServer({ port });
    await once(server, 'listening');
    return new Server(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  send(message: object): void {
    this.peers.at(-1)?.send(JSON.stringify(message));
  }

  async stop(): Promise<void> {
    for (const peer of this.peers) peer.terminate();
    this.server.close();
    await once(this.server, 'close');
  }

  get connected(): number {
    return this.server.clients.size;
  }

  asked(verb: string): Question[] {
    return this.heard.filter(({ ask }) => ask === verb);
  }
}

let server: Server;
let port: number;
beforeEach(async () => {
  server = await Server.start();
  port = server.port;
});
afterEach(() => server.stop());

const open = () =>
  socketChannel(() => new Socket(`ws://127.0.0.1:${port}`) as unknown as WebSocket);

function reaches(channel: Channel, wanted: ChannelState): Promise<void> {
  return new Promise((tell) =>
    channel.onState((state) => {
      if (state === wanted) tell();
    }),
  );
}

async function restart(): Promise<void> {
  await server.stop();
  server = await Server.start(port);
}

test('a question asked before the connection stands is answered', async () => {
  const channel = open();
  await expect(channel.ask('hello', {})).resolves.toEqual({ spool: 'here' });
  channel.close();
});

test('a problem rejects in the words of the other side', async () => {
  const channel = open();
  const asked = channel.ask('details', { key: 'job:x' });
  await vi.waitFor(() => expect(server.asked('details')).toHaveLength(1), PATIENCE);
  const problem = { message: 'There is no such job.', hint: 'Look at the table.' };
  server.send({ id: server.heard[0]!.id, problem });
  await expect(asked).rejects.toMatchObject({ message: 'There is no such job.', problem });
  channel.close();
});

test('what comes unasked is heard until one no longer listens', async () => {
  const channel = open();
  const heard: Push[] = [];
  const stop = channel.onPush((push) => heard.push(push));
  await channel.ask('hello', {});
  server.send({ push: 'trouble', message: 'OAR does not answer.' });
  await vi.waitFor(() => expect(heard).toHaveLength(1), PATIENCE);
  stop();
  server.send({ push: 'trouble', message: '' });
  await channel.ask('hello', {});
  expect(heard).toHaveLength(1);
  channel.close();
});

test('after a loss it connects again, and follows, watches and asks again', async () => {
  const channel = open();
  const states: ChannelState[] = [];
  channel.onState((state) => states.push(state));
  void channel.ask('follow', { everyone: true, opened: ['run:1'] });
  void channel.ask('watch', { keys: ['job:1'] });
  const details = channel.ask('details', { key: 'job:1' });
  await vi.waitFor(() => expect(server.heard).toHaveLength(3), PATIENCE);
  server.send({ id: server.asked('follow')[0]!.id, answer: null });

  await restart();
  await vi.waitFor(() => expect(server.heard).toHaveLength(3), PATIENCE);
  expect(server.asked('follow')[0]!.with).toEqual({ everyone: true, opened: ['run:1'] });
  expect(server.asked('watch')[0]!.with).toEqual({ keys: ['job:1'] });
  server.send({ id: server.asked('details')[0]!.id, answer: { key: 'job:1' } });
  await expect(details).resolves.toEqual({ key: 'job:1' });
  expect(states).toEqual(['opening', 'open', 'lost', 'open']);
  channel.close();
});

test('of what is followed only the last counts after a loss', async () => {
  const channel = open();
  await channel.ask('hello', {});
  void channel.ask('follow', { everyone: false, opened: [] });
  await vi.waitFor(() => expect(server.asked('follow')).toHaveLength(1), PATIENCE);
  await server.stop();
  await reaches(channel, 'lost');
  void channel.ask('follow', { everyone: true, opened: [] });
  server = await Server.start(port);
  await vi.waitFor(() => expect(server.heard).toHaveLength(1), PATIENCE);
  expect(server.heard[0]!.with).toEqual({ everyone: true, opened: [] });
  channel.close();
});

test('what was watched before it changed does not come back after a loss', async () => {
  const channel = open();
  await channel.ask('hello', {});
  void channel.ask('watch', { keys: ['job:1'] });
  void channel.ask('watch', { keys: ['job:2'] });
  await vi.waitFor(() => expect(server.asked('watch')).toHaveLength(2), PATIENCE);
  await restart();
  await channel.ask('hello', {});
  expect(server.asked('watch').at(-1)!.with).toEqual({ keys: ['job:2'] });
  channel.close();
});

test('an action is never asked twice, and none is asked without a connection', async () => {
  const channel = open();
  const lost = channel.ask('act', { action: 'again', keys: ['job:1'] });
  await vi.waitFor(() => expect(server.asked('act')).toHaveLength(1), PATIENCE);
  await server.stop();
  await expect(lost).rejects.toThrow('lost before it answered');
  await expect(channel.ask('act', { action: 'cancel', keys: ['job:1'] })).rejects.toThrow(
    'no connection',
  );
  server = await Server.start(port);
  await reaches(channel, 'open');
  await channel.ask('hello', {});
  expect(server.asked('act')).toEqual([]);
  channel.close();
});

test('a closed one stays closed', async () => {
  const channel = open();
  await channel.ask('hello', {});
  const states: ChannelState[] = [];
  channel.onState((state) => states.push(state));
  channel.close();
  await vi.waitFor(() => expect(server.connected).toBe(0), PATIENCE);
  expect(states).toEqual(['open']);
});
