import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';

import { MONITOR, serverChannel } from '../src/channels/server';
import type { Question } from '../src/protocol';
import { Socket } from './sockets';

/** How long anything may take on a loaded machine, in milliseconds. */
const PATIENCE = 20_000;

let server: WebSocketServer;
const paths: string[] = [];

/** A page of the server at that port. */
function page(port: number, baseUrl: string): void {
  (window as unknown as { happyDOM: { setURL: (url: string) => void } }).happyDOM.setURL(
    `http://127.0.0.1:${port}/hub/lab`,
  );
  const config = document.createElement('script');
  config.id = 'jupyter-config-data';
  config.type = 'application/json';
  config.textContent = JSON.stringify({ baseUrl });
  document.head.replaceChildren(config);
}

beforeEach(async () => {
  vi.stubGlobal('WebSocket', Socket);
  server = new WebSocketServer({ port: 0 });
  server.on('connection', (peer, request) => {
    paths.push(request.url ?? '');
    peer.on('message', (data: Buffer) => {
      const { id } = JSON.parse(data.toString()) as Question;
      peer.send(JSON.stringify({ id, answer: { spool: 'here' } }));
    });
  });
  await once(server, 'listening');
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.head.replaceChildren();
  server.close();
});

const port = () => (server.address() as AddressInfo).port;

test('the server is asked if it sees the same spool', async () => {
  page(port(), '/user/somebody/');
  const channel = await serverChannel('here');
  expect(paths).toEqual([`/user/somebody/${MONITOR}`]);
  await expect(channel?.ask('hello', {})).resolves.toEqual({ spool: 'here' });
  channel?.close();
  await vi.waitFor(() => expect(server.clients.size).toBe(0), PATIENCE);
});

test('a server with another spool is let alone', async () => {
  page(port(), '/');
  expect(await serverChannel('elsewhere')).toBeNull();
  await vi.waitFor(() => expect(server.clients.size).toBe(0), PATIENCE);
});

test('a page of no Jupyter server has none, nor one without our part', async () => {
  expect(await serverChannel('here')).toBeNull();
  page(port(), '/');
  server.close();
  expect(await serverChannel('here')).toBeNull();
});
