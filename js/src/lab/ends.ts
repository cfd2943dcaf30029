import { Notification } from '@jupyterlab/apputils';
import { effect } from '@preact/signals';

import { notices, type NoticeSettings } from './notices';
import { t } from '../words';
import type { Places } from './places';

/** How long a notice of a job that went well stays in sight, in milliseconds. */
const IN_SIGHT = 10_000;

/** Tell of jobs that end while nobody looks at the monitor. */
export function tellEnds(places: Places, settings: () => NoticeSettings): void {
  let before = places.store.rows.peek();
  effect(() => {
    const after = places.store.rows.value;
    const ended = places.seen() ? [] : notices(before, after, settings());
    before = after;
    for (const { key, kind, text } of ended) {
      const show = () => {
        places.openPanel('jobs');
        places.store.show(key);
      };
      Notification.emit(text, kind, {
        autoClose: kind === 'error' ? false : IN_SIGHT,
        actions: [{ label: t('Show'), callback: show }],
      });
    }
  });
}
