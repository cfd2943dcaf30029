/** A line of output as a terminal would show it: coloured pieces, and no control characters. */

export interface Style {
  /** CSS colours, or "". */
  colour: string;
  background: string;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
}

export interface Piece {
  text: string;
  style: Style;
}

export const PLAIN: Style = {
  colour: '',
  background: '',
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
};

// The controls of ECMA-48: CSI, strings that are ended (OSC, DCS …), other escapes, single ones.
const SEQUENCES = [
  String.raw`(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])`,
  String.raw`\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)`,
  String.raw`\x1b[ -/]*[0-~]?`,
  String.raw`[\x00-\x08\x0a-\x1f\x7f-\x9f]`,
];
const CONTROL = new RegExp(SEQUENCES.join('|'), 'g');
const ANY = new RegExp(String.raw`[\x00-\x1f\x7f-\x9f]`);
const TAB = 8;

/** The text of a line without controls; tabs become spaces. */
export function plain(line: string): string {
  const end = line.endsWith('\n') ? line.slice(0, -1) : line;
  return ANY.test(end) ? untab(end.replace(CONTROL, '')) : end;
}

/** Its pieces, beginning in a style; their texts joined are `plain(line)`. */
export function pieces(line: string, start: Style): Piece[] {
  const found: Piece[] = [];
  let column = 0;
  walk(line, start, (raw, style) => {
    const text = untab(raw, column);
    column += text.length;
    if (text) found.push({ text, style });
  });
  return found;
}

/** The style in which the line after this one begins. */
export function styleAfter(line: string, start: Style): Style {
  return line.includes('\x1b[') || line.includes('\x9b') ? walk(line, start) : start;
}

function walk(line: string, start: Style, text?: (raw: string, style: Style) => void): Style {
  let style = start;
  let at = 0;
  for (const control of line.matchAll(CONTROL)) {
    text?.(line.slice(at, control.index), style);
    at = control.index + control[0].length;
    if (control[2] === 'm') style = select(style, control[1] ?? '');
  }
  text?.(line.slice(at), style);
  return style;
}

function untab(text: string, column = 0): string {
  if (!text.includes('\t')) return text;
  let out = '';
  for (const part of text.split(/(\t)/)) {
    out += part === '\t' ? ' '.repeat(TAB - ((column + out.length) % TAB)) : part;
  }
  return out;
}

/** "Select graphic rendition": https://en.wikipedia.org/wiki/ANSI_escape_code#SGR */
function select(before: Style, parameters: string): Style {
  let style = before;
  const codes = parameters.split(/[;:]/).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, used] = wide(codes.slice(i + 1));
      style = { ...style, [code === 38 ? 'colour' : 'background']: colour };
      i += used;
    } else {
      style = { ...style, ...simple(code) };
    }
  }
  return style;
}

function simple(code: number): Partial<Style> {
  if (code >= 30 && code <= 37) return { colour: named(code - 30) };
  if (code >= 90 && code <= 97) return { colour: named(code - 82) };
  if (code >= 40 && code <= 47) return { background: named(code - 40) };
  if (code >= 100 && code <= 107) return { background: named(code - 92) };
  return SWITCHES[code] ?? {};
}

const SWITCHES: Partial<Record<number, Partial<Style>>> = {
  0: PLAIN,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { colour: '' },
  49: { background: '' },
};

// The sixteen are the page's, so that they read on dark and light.
const named = (index: number): string => `var(--poj-ansi-${index})`;

/** `5;n` and `2;r;g;b`: the colour and how many codes it took. */
function wide(codes: number[]): [string, number] {
  const [mode, a = 0, b = 0, c = 0] = codes.map((code) => Math.min(255, Math.trunc(code) || 0));
  if (mode === 2) return [`rgb(${a} ${b} ${c})`, 4];
  if (mode !== 5) return ['', 1];
  if (a < 16) return [named(a), 2];
  if (a >= 232)
    return [
      `rgb(${Array(3)
        .fill((a - 232) * 10 + 8)
        .join(' ')})`,
      2,
    ];
  const step = (n: number): number => (n % 6 ? (n % 6) * 40 + 55 : 0);
  const cube = a - 16;
  return [`rgb(${step(Math.trunc(cube / 36))} ${step(Math.trunc(cube / 6))} ${step(cube)})`, 2];
}
