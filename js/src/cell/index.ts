import type { RenderProps } from '@anywidget/types';

import type { Channel } from '../channels/channel';
import { kernelChannel } from '../channels/kernel';
import { serverChannel } from '../channels/server';
import { mount } from '../mount';
import { cellHost } from './host';

/** What the widget's Python side tells it, and hears of it. */
interface Traits {
  view: 'monitor' | 'picker';
  /** Names the spool that the kernel uses. */
  spool: string;
  /** What was picked, as oarsub's words. */
  words: string;
}

/** A cell's output: clicks reach the server while the kernel is at work, where there is one. */
async function render({ model, el }: RenderProps<Traits>): Promise<() => void> {
  const way = (await serverChannel(model.get('spool'))) ?? kernelChannel(model);
  const channel = tellingPicks(way, model);
  const unmount = mount(el, { channel, host: cellHost, view: model.get('view') });
  return () => {
    unmount();
    channel.close();
  };
}

/** The channel; Python hears what was picked, whoever works it out. */
function tellingPicks(channel: Channel, model: RenderProps<Traits>['model']): Channel {
  return {
    async ask(verb, params) {
      const answer = await channel.ask(verb, params);
      if (verb === 'pick') {
        model.set('words', (answer as { words: string }).words);
        model.save_changes();
      }
      return answer;
    },
    onPush: (listener) => channel.onPush(listener),
    onState: (listener) => channel.onState(listener),
    close: () => channel.close(),
  };
}

export default { render };
