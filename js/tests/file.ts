import type { LogPart, Verbs } from '../src/protocol';

/** A file of ASCII that is read as the other side does. */
export class File {
  ended = false;
  constructor(public text: string) {}
  read = ({ at, most }: Verbs['log']['ask']): LogPart => {
    const size = this.text.length;
    const from = at < 0 ? Math.max(0, size - most) : Math.min(at, size);
    const to = Math.min(size, from + most);
    return { text: this.text.slice(from, to), from, to, size, ended: this.ended };
  };
}

/** Bytes of a file, as they come with `log`. */
export const part = (text: string, from: number): LogPart => ({
  text,
  from,
  to: from + text.length,
  size: 0,
  ended: false,
});
export const numbered = (count: number): string =>
  Array.from({ length: count }, (_, i) => `line ${i + 1}\n`).join('');
