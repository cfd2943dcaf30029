import { PageConfig } from '@jupyterlab/coreutils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import { NotebookActions, NotebookPanel, type Notebook } from '@jupyterlab/notebook';

import type { Origin } from '../host';
import { rewrite } from './rewrite';

/**
 * Where a notebook can be among the server's files, the likeliest first. A kernel knows its path on
 * the disk, and a page the server's root, often with `~` for a home that it does not know.
 */
export function contentsPaths(notebook: string, root: string): string[] {
  if (!notebook.startsWith('/')) return [notebook];
  const above = root.replace(/^~|\/$/g, '');
  if (!root.startsWith('~')) {
    return notebook.startsWith(`${above}/`) ? [notebook.slice(above.length + 1)] : [];
  }
  const slashes = [...notebook.matchAll(/\//g)].map((found) => found.index);
  return slashes
    .filter((at) => at > 0 && notebook.slice(0, at).endsWith(above))
    .map((at) => notebook.slice(at + 1));
}

/** Show the cell a job came from; false if its notebook or the cell is not there. */
export async function goToCell(documents: IDocumentManager, origin: Origin): Promise<boolean> {
  const panel = await openNotebook(documents, origin.notebook);
  if (!panel) return false;
  await panel.context.ready;
  await panel.revealed;
  const notebook = panel.content;
  const at = notebook.widgets.findIndex((cell) => cell.model.id === origin.cellId);
  const cell = notebook.widgets[at];
  if (!cell) return false;
  notebook.activeCellIndex = at;
  notebook.deselectAll();
  await notebook.scrollToCell(cell, 'center');
  notebook.activate();
  return true;
}

async function openNotebook(documents: IDocumentManager, path: string) {
  for (const candidate of contentsPaths(path, PageConfig.getOption('serverRoot'))) {
    if (!documents.findWidget(candidate) && !(await exists(documents, candidate))) continue;
    const opened = documents.openOrReveal(candidate);
    if (opened instanceof NotebookPanel) return opened;
  }
  return null;
}

async function exists(documents: IDocumentManager, path: string): Promise<boolean> {
  try {
    await documents.services.contents.get(path, { content: false });
    return true;
  } catch {
    return false;
  }
}

/** Have `change` rewrite the cell that is being edited; false if none is. */
export async function changeCell(
  panel: NotebookPanel,
  change: (source: string) => Promise<string>,
): Promise<boolean> {
  const cell = cellToEdit(panel.content);
  if (cell?.model.type !== 'code' || cell.model.getMetadata('editable') === false) return false;
  await rewrite(cell.model.sharedModel, change);
  return true;
}

/** The active cell; the next one if it is the picker's own, whose button was just pressed. */
function cellToEdit(notebook: Notebook): Notebook['activeCell'] {
  const { activeCell } = notebook;
  const inOutput = document.activeElement?.closest('.jp-OutputArea');
  if (!inOutput || !activeCell?.node.contains(inOutput)) return activeCell;
  NotebookActions.selectBelow(notebook);
  if (notebook.activeCell === activeCell) NotebookActions.insertBelow(notebook);
  return notebook.activeCell;
}
