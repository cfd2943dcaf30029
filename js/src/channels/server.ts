import type { Channel } from './channel';
import { socketChannel } from './socket';

/** How long the server may take to say who it is, in milliseconds. */
const PATIENCE = 5_000;

/** The address of the server's part, under the server's own. */
export const MONITOR = 'pydra-oar-jupyter/monitor';

/** The way to the server that this page came from, if it sees the jobs of that spool; else null. */
export async function serverChannel(spool: string): Promise<Channel | null> {
  const url = monitorUrl();
  if (!url) return null;
  const channel = socketChannel(() => new WebSocket(url));
  if ((await spoolOf(channel)) === spool) return channel;
  channel.close();
  return null;
}

/** Where a page of a Jupyter server says what it is: JupyterLab's and Notebook's do. */
function monitorUrl(): URL | null {
  const text = document.getElementById('jupyter-config-data')?.textContent;
  if (!text) return null;
  const { baseUrl } = JSON.parse(text) as { baseUrl?: string };
  const url = new URL((baseUrl ?? '/').replace(/\/*$/, '/') + MONITOR, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url;
}

/** "" if it does not answer: no such server, or one without our part. */
function spoolOf(channel: Channel): Promise<string> {
  return new Promise((tell) => {
    const giveUp = () => {
      tell('');
    };
    const timer = setTimeout(giveUp, PATIENCE);
    const unhear = channel.onState((state) => {
      if (state === 'lost') giveUp();
    });
    channel
      .ask('hello', {})
      .then(({ spool }) => {
        tell(spool);
      }, giveUp)
      .finally(() => {
        clearTimeout(timer);
        unhear();
      });
  });
}
