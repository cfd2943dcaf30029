import { copyText } from '../clipboard';
import type { Host, Origin } from '../host';

/** Our part of JupyterLab hears these events, where it is; it prevents the default by doing it. */
export const USE = 'pydra-oar:use';
export const GO = 'pydra-oar:go';

const KEPT = 'pydra-oar-jupyter:';

/** The page of a cell's output, which this code knows nothing about. */
export const cellHost: Host = {
  async useInCell(words) {
    if (wasDone(USE, { words })) return 'placed';
    return (await copyText(words)) ? 'copied' : 'impossible';
  },

  goTo(origin: Origin) {
    return Promise.resolve(wasDone(GO, { origin }));
  },

  keep(name, value) {
    try {
      localStorage.setItem(KEPT + name, JSON.stringify(value));
    } catch {
      // A page may have no storage, or a full one; the choice then lasts as long as the page.
    }
  },

  kept(name) {
    try {
      return Promise.resolve(JSON.parse(localStorage.getItem(KEPT + name) ?? 'null') as unknown);
    } catch {
      return Promise.resolve(null);
    }
  },
};

function wasDone(name: string, detail: object): boolean {
  return !document.dispatchEvent(new CustomEvent(name, { detail, cancelable: true }));
}
