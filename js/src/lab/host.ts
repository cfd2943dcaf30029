import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';

import type { Channel } from '../channels/channel';
import { copyText } from '../clipboard';
import type { Host } from '../host';
import { changeCell, goToCell } from './notebooks';

/** What JupyterLab has; Notebook 7 lacks some. */
export interface Parts {
  app: JupyterFrontEnd;
  notebooks: INotebookTracker | null;
  documents: IDocumentManager | null;
  state: IStateDB | null;
}

/** What JupyterLab does for the component. */
export function labHost({ app, notebooks, documents, state }: Parts, channel: Channel): Host {
  const id = (name: string) => `pydra-oar-jupyter:${name}`;
  return {
    async useInCell(words) {
      const place = async (cell: string) => (await channel.ask('place', { cell, words })).cell;
      const panel = notebooks?.currentWidget;
      if (!panel || !(await changeCell(panel, place))) {
        return (await copyText(words)) ? 'copied' : 'impossible';
      }
      app.shell.activateById(panel.id);
      return 'placed';
    },
    goTo: async (origin) => documents !== null && goToCell(documents, origin),
    keep: (name, value) => void state?.save(id(name), value as ReadonlyPartialJSONValue),
    kept: async (name) => (await state?.fetch(id(name))) ?? null,
  };
}
