import type { ILabShell, ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';

import type { Tab } from '../App';
import type { Channel } from '../channels/channel';
import { socketChannel } from '../channels/socket';
import type { Host } from '../host';
import { mount } from '../mount';
import { makeStore, type Store } from '../store';
import { noCounts, tally } from '../tones';
import { t } from '../words';
import { connect } from './connect';
import { jobsIcon } from './icon';
import { MonitorWidget } from './widget';

/** Where the monitor stands: in a side panel, always, and in a tab where pages have some. */
export interface Places {
  /** What the panel shows. It is kept up to date unseen, for the notices and the count. */
  store: Store;
  host: Host;
  /** Whether tables begin with everybody's jobs. */
  everyone: Signal<boolean>;
  /** Whether the monitor can be seen at this moment. */
  seen(): boolean;
  openPanel(tab: Tab): void;
  /** Null in Notebook: its pages show one thing each. */
  openTab: (() => void) | null;
}

/** The command that opens the tab, and opens it again when a page is loaded anew. */
export const OPEN_TAB = 'pydra-oar-jupyter:tab';

type MakeHost = (channel: Channel) => Host;

export function makePlaces(
  app: JupyterFrontEnd,
  makeHost: MakeHost,
  lab: ILabShell | null,
  restorer: ILayoutRestorer | null,
): Places {
  const newChannel = () => socketChannel(() => connect(app.serviceManager.serverSettings));
  const channel = newChannel();
  const host = makeHost(channel);
  const store = makeStore(channel);
  const everyone = signal(false);
  everyone.subscribe((all) => store.setEveryone(all));

  const tab = signal<Tab>('jobs');
  const options = { channel, host, store, tab };
  const panel = new MonitorWidget((node) => mount(node, options));
  panel.id = 'pydra-oar-panel';
  panel.title.icon = jobsIcon;
  app.shell.add(panel, 'left', { rank: 650, type: 'OAR jobs' });
  restorer?.add(panel, panel.id);
  showCount(panel, store);

  const tabs = new WidgetTracker<MainAreaWidget>({ namespace: 'pydra-oar-tab' });
  const openTab = () => {
    const widget = tabs.currentWidget ?? newTab(newChannel(), makeHost, everyone);
    if (!widget.isAttached) {
      app.shell.add(widget, 'main', { type: 'OAR jobs' });
      void tabs.add(widget);
    }
    app.shell.activateById(widget.id);
  };
  if (lab && restorer) void restorer.restore(tabs, { command: OPEN_TAB, name: () => 'tab' });

  return {
    store,
    host,
    everyone,
    seen: () =>
      document.hasFocus() && (panel.isVisible || Boolean(tabs.find(({ isVisible }) => isVisible))),
    openPanel: (chosen) => {
      tab.value = chosen;
      app.shell.activateById(panel.id);
    },
    openTab: lab && openTab,
  };
}

function newTab(
  channel: Channel,
  makeHost: MakeHost,
  everyone: ReadonlySignal<boolean>,
): MainAreaWidget {
  const options = { channel, host: makeHost(channel), store: makeStore(channel) };
  const stop = everyone.subscribe((all) => options.store.setEveryone(all));
  const content = new MonitorWidget((node) => mount(node, options));
  content.disposed.connect(() => {
    stop();
    options.store.dispose();
    channel.close();
  });
  const tab = new MainAreaWidget({ content });
  tab.toolbar.hide(); // it has none
  tab.id = 'pydra-oar-tab';
  tab.title.label = t('OAR jobs');
  tab.title.icon = jobsIcon;
  return tab;
}

/** The number of this user's running jobs at the panel's icon, and in words for readers. */
function showCount(panel: MonitorWidget, store: Store): void {
  const running = computed(() => {
    const counts = noCounts();
    for (const row of store.rows.value.values()) if (row.mine && !row.parent) tally(counts, row);
    return counts.running;
  });
  effect(() => {
    const { title } = panel;
    const count = running.value;
    title.caption = count ? t('OAR jobs (%1 running)', count) : t('OAR jobs');
    title.dataset = { ...title.dataset, 'poj-running': String(count || '') };
  });
}
