import { copyText } from '../clipboard';
import type { Host, Origin } from '../host';

/** Our part of JupyterLab hears these events, where it is, and puts its answer to what is asked. */
export const USE = 'pydra-oar:use';
export const GO = 'pydra-oar:go';

export interface Use {
  words: string;
  answer?: ReturnType<Host['useInCell']>;
}

export interface Go {
  origin: Origin;
  answer?: ReturnType<Host['goTo']>;
}

const KEPT = 'pydra-oar-jupyter:';

/** The page of a cell's output, which this code knows nothing about. */
export const cellHost: Host = {
  async useInCell(words) {
    const { answer } = asked<Use>(USE, { words });
    return answer ?? ((await copyText(words)) ? 'copied' : 'impossible');
  },

  async goTo(origin) {
    return asked<Go>(GO, { origin }).answer ?? false;
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

function asked<Asked extends Use | Go>(name: string, detail: Asked): Asked {
  document.dispatchEvent(new CustomEvent(name, { detail }));
  return detail;
}
