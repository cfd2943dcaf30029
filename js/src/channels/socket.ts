import type { Channel } from './channel';
import type { Message, Question } from '../protocol';
import { t } from '../words';
import { Talk } from './talk';

/** Milliseconds between two tries to reach the server: the first, and the longest. */
const PAUSE = { first: 500, longest: 15_000 };

/**
 * The way to the Jupyter Server. A connection that is lost is made again; what was followed and
 * watched is again then, and what was asked is asked again. Only an action isn't: it may be done.
 */
export function socketChannel(connect: () => WebSocket): Channel {
  return new SocketTalk(connect);
}

class SocketTalk extends Talk {
  /** What the server has to be told anew by each connection. */
  private readonly standing = new Map<'follow' | 'watch', Question>();
  private socket: WebSocket;
  private pause = PAUSE.first;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(private readonly connect: () => WebSocket) {
    super('opening');
    this.socket = this.open();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket.close();
  }

  protected post(question: Question): void {
    if (question.ask === 'follow' || question.ask === 'watch') {
      const replaced = this.standing.get(question.ask);
      if (replaced && this.state !== 'open') this.receive({ id: replaced.id, answer: null });
      this.standing.set(question.ask, question);
    }
    if (this.state === 'open') {
      this.socket.send(JSON.stringify(question));
    } else if (question.ask === 'act' && this.state === 'lost') {
      this.giveUp(
        [question],
        t('There is no connection to the Jupyter server.'),
        t('Nothing was done. Try again once the connection is back.'),
      );
    }
  }

  private open(): WebSocket {
    const socket = this.connect();
    socket.onopen = () => {
      // What stands comes last: an older wish may not have been answered.
      for (const question of new Set([...this.unanswered, ...this.standing.values()])) {
        socket.send(JSON.stringify(question));
      }
      this.become('open');
    };
    socket.onmessage = ({ data }) => {
      this.pause = PAUSE.first; // not before: a proxy opens connections that lead nowhere
      this.receive(JSON.parse(String(data)) as Message);
    };
    socket.onclose = () => {
      if (!this.closed) this.lost();
    };
    return socket;
  }

  private lost(): void {
    this.become('lost');
    this.giveUp(
      this.unanswered.filter(({ ask }) => ask === 'act'),
      t('The connection to the Jupyter server was lost before it answered.'),
      t('Whether it was done shows in the table once the connection is back.'),
    );
    this.timer = setTimeout(() => {
      this.socket = this.open();
    }, this.pause);
    this.pause = Math.min(this.pause * 2, PAUSE.longest);
  }
}
