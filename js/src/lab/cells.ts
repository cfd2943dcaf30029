import { GO, USE, type Go, type Use } from '../cell/host';
import type { Host } from '../host';

/** Do for the component in a cell's output what only JupyterLab can. */
export function answerCells(host: Host): void {
  document.addEventListener(USE, ({ detail }: CustomEventInit<Use>) => {
    if (detail) detail.answer = host.useInCell(detail.words);
  });
  document.addEventListener(GO, ({ detail }: CustomEventInit<Go>) => {
    if (detail) detail.answer = host.goTo(detail.origin);
  });
}
