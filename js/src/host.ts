import type { Details } from './protocol';

/** The notebook and the cell that a job came from. */
export type Origin = NonNullable<Details['origin']>;

/** What the page around the component does for it: JupyterLab, or a cell's output. */
export interface Host {
  /** Put a request's words on the first line of the cell that is being edited. */
  useInCell(words: string): Promise<'placed' | 'copied' | 'impossible'>;
  /** Show the notebook and the cell; false where that can't be done. */
  goTo(origin: Origin): Promise<boolean>;
  /** Keep a choice of the person's, such as the columns, for later visits. */
  keep(name: string, value: unknown): void;
  /** What was kept, or null. */
  kept(name: string): Promise<unknown>;
}
