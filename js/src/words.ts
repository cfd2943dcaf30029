/** Translates a text; `%1`, `%2` … stand for the values. */
export type Translate = (text: string, ...values: (string | number)[]) => string;

let translate: Translate = (text, ...values) =>
  text.replace(/%(\d)/g, (mark, n: string) => String(values[Number(n) - 1] ?? mark));

/** Have texts translated, by JupyterLab's language packs. */
export function setTranslate(by: Translate): void {
  translate = by;
}

/** Every text that people see goes through this. */
export const t: Translate = (text, ...values) => translate(text, ...values);
