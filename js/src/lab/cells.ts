import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { INotebookTracker } from '@jupyterlab/notebook';

import { GO, USE } from '../cell/host';
import type { Host, Origin } from '../host';

interface Asked {
  [USE]: { words: string };
  [GO]: { origin: Origin };
}

/** Do for the component in a cell's output what only JupyterLab can. */
export function answerCells(
  host: Host,
  notebooks: INotebookTracker | null,
  documents: IDocumentManager | null,
): void {
  listen(
    USE,
    () => Boolean(notebooks?.activeCell),
    ({ words }) => host.useInCell(words),
  );
  listen(
    GO,
    () => documents !== null,
    ({ origin }) => host.goTo(origin),
  );
}

function listen<Name extends keyof Asked>(
  name: Name,
  can: () => boolean,
  act: (detail: Asked[Name]) => Promise<unknown>,
): void {
  document.addEventListener(name, (event) => {
    if (!can()) return;
    event.preventDefault();
    void act((event as CustomEvent<Asked[Name]>).detail);
  });
}
