import { signal, type Signal } from '@preact/signals';
import { render, type JSX } from 'preact';

import { App, Connection, keepKeys, type Tab } from './App';
import type { Channel } from './channels/channel';
import { MonitorContext, type Monitor } from './context';
import type { Host } from './host';
import { makeStore, type Store } from './store';
import { Boundary } from './ui/Boundary';
import { PickerView } from './views/picker/PickerView';

export interface MountOptions {
  channel: Channel;
  host: Host;
  view?: 'monitor' | 'picker';
  /** What is known of the jobs, where more than this view needs it; its owner disposes of it. */
  store?: Store;
  /** The tab in front, where others open tabs, too. */
  tab?: Signal<Tab>;
}

/**
 * Show the monitor, or the picker of resources alone, in an element; the returned function takes
 * it away. The channel stays open: whoever made it closes it.
 */
export function mount(element: HTMLElement, options: MountOptions): () => void {
  const { channel, host, view, tab = signal<Tab>('jobs') } = options;
  const store = options.store ?? makeStore(channel);
  const monitor: Monitor = { channel, host, store };
  element.classList.add('poj-root');
  render(
    <MonitorContext.Provider value={monitor}>
      <Boundary>{view === 'picker' ? <Picker /> : <App tab={tab} />}</Boundary>
    </MonitorContext.Provider>,
    element,
  );
  return () => {
    render(null, element);
    element.classList.remove('poj-root');
    if (!options.store) store.dispose();
  };
}

function Picker(): JSX.Element {
  return (
    <div class="poj-app" onFocusIn={keepKeys}>
      <Connection />
      <PickerView />
    </div>
  );
}
