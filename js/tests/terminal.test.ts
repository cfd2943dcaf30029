import { describe, expect, test } from 'vitest';

import { pieces, PLAIN, plain, styleAfter } from '../src/views/job/terminal';

describe('a line as a terminal shows it', () => {
  test('colours become styles, and last beyond the line', () => {
    const found = pieces('a\x1b[1;31mb\x1b[0mc\n', PLAIN);
    expect(found.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
    expect(found[1]?.style).toMatchObject({ bold: true, colour: 'var(--poj-ansi-1)' });
    const red = styleAfter('\x1b[31mred\n', PLAIN);
    expect(pieces('still\n', red)[0]?.style.colour).toBe('var(--poj-ansi-1)');
  });

  test.each([
    ['38;5;9', 'var(--poj-ansi-9)'],
    ['38;5;196', 'rgb(255 0 0)'],
    ['38;5;232', 'rgb(8 8 8)'],
    ['38;2;1;2;999', 'rgb(1 2 255)'],
    ['97', 'var(--poj-ansi-15)'],
  ])('%s is a colour', (codes, colour) => {
    const [piece] = pieces(`\x1b[${codes}mx`, PLAIN);
    expect(piece?.style.colour).toBe(colour);
  });

  test('other controls are left out, and no text with them', () => {
    expect(plain('\x1b]0;title\x07a\x1b[2Jb\x1b[10;5Hc\x00d\x7fe\x9b1mf\n')).toBe('abcdef');
    expect(plain('\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\')).toBe('link');
    expect(plain('\x1b]unended, still here')).toContain('still here');
    expect(plain('a\tb')).toBe('a       b');
  });
});
