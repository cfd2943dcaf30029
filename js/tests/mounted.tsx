import { cleanup, render } from '@testing-library/preact';
import type { JSX } from 'preact';
import { onTestFinished } from 'vitest';

import { MonitorContext, type Monitor } from '../src/context';
import type { Host } from '../src/host';
import type { Row } from '../src/protocol';
import { makeStore } from '../src/store';
import { fakeHost, type FakeChannel } from './channel';

interface Mounted {
  monitor: Monitor;
  container: Element;
  /** Show that instead. */
  change: (view: JSX.Element) => void;
  /** Show the view anew, after a `cleanup`. */
  comeBack: () => void;
}

/** A view inside a monitor, which knows these rows, until the test is over. */
export function mounted(
  view: JSX.Element,
  channel: FakeChannel,
  { host = fakeHost(), rows }: { host?: Host; rows?: Row[] } = {},
): Mounted {
  const monitor = { channel, host, store: makeStore(channel) };
  if (rows) channel.whole(rows);
  const inside = (shown: JSX.Element): JSX.Element => (
    <MonitorContext.Provider value={monitor}>{shown}</MonitorContext.Provider>
  );
  const { container, rerender } = render(inside(view));
  onTestFinished(() => {
    cleanup();
    monitor.store.dispose();
  });
  return {
    monitor,
    container,
    change: (next) => rerender(inside(next)),
    comeBack: () => void render(inside(view)),
  };
}
