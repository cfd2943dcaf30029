import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';

import { MONITOR } from '../channels/server';

/** A connection to the monitor in this page's Jupyter server. */
export function connect(settings: ServerConnection.ISettings): WebSocket {
  const url = URLExt.join(settings.wsUrl, MONITOR);
  const token = settings.appendToken ? settings.token : '';
  return new settings.WebSocket(token ? `${url}?token=${encodeURIComponent(token)}` : url);
}
