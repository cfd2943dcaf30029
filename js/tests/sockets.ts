import { WebSocket } from 'ws';

/** A browser's socket, which nobody need listen to for errors. */
export class Socket extends WebSocket {
  constructor(url: string | URL) {
    super(url);
    this.on('error', () => undefined);
  }
}
