import type { JSX } from 'preact';

import { pieces, PLAIN, styleAfter, type Piece, type Style } from './terminal';

/** A short text in a terminal's colours, such as a traceback. */
export function TerminalText({ text }: { text: string }): JSX.Element {
  let style = PLAIN;
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const found = pieces(line, style);
      style = styleAfter(line, style);
      return found;
    });
  return (
    <pre class="poj-text" tabIndex={0}>
      {lines.map((line, index) => [index > 0 && '\n', <Pieces key={index} line={line} />])}
    </pre>
  );
}

/** Pieces of a line; `marks` are from-to pairs of characters, of which one may be the current. */
export function Pieces(props: {
  line: Piece[];
  marks?: [number, number][] | undefined;
  current?: number | undefined;
}): JSX.Element {
  const marks = props.marks ?? [];
  const out: JSX.Element[] = [];
  let at = 0;
  for (const { text, style } of props.line) {
    const css = cssOf(style);
    const end = at + text.length;
    for (let from = at; from < end;) {
      const mark = marks.find(([, to]) => to > from);
      const inside = mark !== undefined && mark[0] <= from;
      const to = Math.min(end, mark ? (inside ? mark[1] : mark[0]) : end);
      const part = text.slice(from - at, to - at);
      const key = String(from);
      if (inside) {
        const name = mark[0] === props.current ? 'poj-match poj-is-current' : 'poj-match';
        out.push(
          <mark key={key} class={name} style={css}>
            {part}
          </mark>,
        );
      } else {
        out.push(
          css ? (
            <span key={key} style={css}>
              {part}
            </span>
          ) : (
            <>{part}</>
          ),
        );
      }
      from = to;
    }
    at = end;
  }
  return <>{out}</>;
}

function cssOf(style: Style): Record<string, string> | undefined {
  if (style === PLAIN) return undefined;
  const colour = style.colour || 'var(--poj-text)';
  const background = style.background || (style.inverse ? 'var(--poj-back)' : '');
  const line = [style.underline && 'underline', style.strike && 'line-through'];
  return {
    ...((style.colour || style.inverse) && { color: style.inverse ? background : colour }),
    ...((background || style.inverse) && {
      backgroundColor: style.inverse ? colour : background,
    }),
    ...(style.bold && { fontWeight: 'bold' }),
    ...(style.dim && { opacity: '0.7' }),
    ...(style.italic && { fontStyle: 'italic' }),
    ...((style.underline || style.strike) && {
      textDecoration: line.filter(Boolean).join(' '),
    }),
  };
}
