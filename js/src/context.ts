import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import type { Channel } from './channels/channel';
import type { Host } from './host';
import type { Store } from './store';

/** What all views share. */
export interface Monitor {
  channel: Channel;
  host: Host;
  store: Store;
}

export const MonitorContext = createContext<Monitor | null>(null);

export function useMonitor(): Monitor {
  const monitor = useContext(MonitorContext);
  if (!monitor) throw new Error('This view is not inside a monitor.');
  return monitor;
}
