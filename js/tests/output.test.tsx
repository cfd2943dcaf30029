import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact';
import { userEvent } from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { MonitorContext } from '../src/context';
import type { LogPart, Verbs } from '../src/protocol';
import { makeStore } from '../src/store';
import { Lines, LONGEST, MOST } from '../src/views/job/lines';
import { layoutOf } from '../src/views/job/layout';
import { Output } from '../src/views/job/Output';
import { FAR, FIRST, Reader, STEP } from '../src/views/job/reader';
import { Finder } from '../src/views/job/search';
import { pieces, PLAIN, plain, styleAfter } from '../src/views/job/terminal';
import { FakeChannel, fakeHost, row } from './channel';

/** A file of ASCII that is read as the other side does. */
class File {
  ended = false;
  constructor(public text: string) {}
  read = ({ at, most }: Verbs['log']['ask']): LogPart => {
    const size = this.text.length;
    const from = at < 0 ? Math.max(0, size - most) : Math.min(at, size);
    const to = Math.min(size, from + most);
    return { text: this.text.slice(from, to), from, to, size, ended: this.ended };
  };
}

const part = (text: string, from: number): LogPart => ({
  text,
  from,
  to: from + text.length,
  size: 0,
  ended: false,
});
const numbered = (count: number): string =>
  Array.from({ length: count }, (_, i) => `line ${i + 1}\n`).join('');

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

describe('lines held', () => {
  test('parts join, wherever they were cut', () => {
    const text = 'one\ntwo\r\n\nthree\r\nfour';
    for (let cut = 0; cut <= text.length; cut++) {
      const lines = new Lines();
      lines.append(part(text.slice(0, cut), 0));
      lines.append(part(text.slice(cut), cut));
      expect(lines.text()).toBe('one\ntwo\n\nthree\nfour');
      const back = new Lines();
      back.append(part(text.slice(cut), cut));
      back.prepend(part(text.slice(0, cut), 0));
      expect(back.text()).toBe('one\ntwo\n\nthree\nfour');
    }
  });

  test('of what carriage returns wrote over, the last is left, wherever it was cut', () => {
    const text = 'start\n10%\r20%\r30%\r\nnext 1\rnext 2';
    for (let cut = 0; cut <= text.length; cut++) {
      const lines = new Lines();
      lines.append(part(text.slice(0, cut), 0));
      lines.append(part(text.slice(cut), cut));
      expect(lines.text()).toBe('start\n30%\nnext 2');
      const back = new Lines();
      back.append(part(text.slice(cut), cut));
      back.prepend(part(text.slice(0, cut), 0));
      expect(back.text()).toBe('start\n30%\nnext 2');
    }
  });

  test('a line of a megabyte is cut to rows, and is the same line', () => {
    const lines = new Lines();
    const long = '😀'.repeat(250_000);
    lines.append(part(long, 0));
    lines.append(part(`${long}\nend`, 1_000_000));
    expect(Math.max(...lines.widths)).toBeLessThanOrEqual(LONGEST + 1);
    expect(lines.text() === `${long}${long}\nend`).toBe(true);
    expect(lines.rows.some((one) => /^[\udc00-\udfff]/.test(one))).toBe(false);
  });

  test('what is too much goes at the other end, and can be put back exactly', () => {
    const lines = new Lines();
    const block = (name: number): string =>
      `${name}\r${'y'.repeat(99)}\n`.repeat(10_000) + `${name}`;
    const size = block(1).length;
    for (let i = 0; i < 25; i++) lines.append(part(block(i % 10), i * size));
    expect(lines.from).toBeGreaterThan(0);
    expect(lines.rows.reduce((sum, one) => sum + one.length, 0)).toBeLessThanOrEqual(MOST);
    const held = lines.text();
    const { from, to, base } = lines;
    lines.prepend(part(block((from / size - 1) % 10), from - size));
    lines.prepend(part(block((from / size - 2) % 10), from - 2 * size));
    expect(lines.base).toBeLessThan(base);
    while (lines.from < from) lines.append(part(block((lines.to / size) % 10), lines.to));
    while (lines.to < to) lines.append(part(block((lines.to / size) % 10), lines.to));
    expect([lines.from, lines.to]).toEqual([from, to]);
    expect(lines.text() === held).toBe(true);
  });
});

test('a layout finds rows of several lines', () => {
  const layout = layoutOf([0, 10, 11, 35], 10);
  expect(layout.height).toBe(1 + 1 + 2 + 4);
  expect([0, 1, 2, 3, 4, 7.9, 100].map((line) => layout.at(line))).toEqual([0, 1, 2, 2, 3, 3, 3]);
  expect(layout.top(3)).toBe(4);
});

test('a search keeps up with what comes, at both ends', () => {
  const lines = new Lines();
  lines.append(part('x A.b\nno\nxx a', 100));
  const finder = new Finder(lines, 'a.B');
  finder.update();
  expect(finder.matches).toEqual([{ row: 0, at: 2, length: 3 }]);
  lines.append(part('.b\nA.B', 113));
  finder.update();
  expect(finder.matches.map((match) => match.row)).toEqual([0, 2, 3]);
  lines.prepend(part('a.b\na.b ', 92));
  finder.update();
  expect(finder.matches.map((match) => [match.row, match.at])).toEqual([
    [-1, 0],
    [0, 0],
    [0, 6],
    [2, 3],
    [3, 0],
  ]);
});

describe('a reader', () => {
  const readerOf = (file: File): [Reader, FakeChannel] => {
    const channel = new FakeChannel({ log: file.read });
    return [new Reader(channel, 'job:1', 'stdout'), channel];
  };

  test('begins with the end, and reads on as it is told that it grew', async () => {
    const file = new File('a\n'.repeat(100_000));
    const [reader, channel] = readerOf(file);
    await reader.toEnd();
    expect(channel.askedOf('log')[0]).toMatchObject({ at: -1, most: FIRST });
    expect([reader.lines.from, reader.lines.to]).toEqual([200_000 - FIRST, 200_000]);
    file.text += 'more\n';
    await reader.grown(file.text.length, false);
    expect(channel.askedOf('log').at(-1)).toMatchObject({ at: 200_000 });
    expect(reader.lines.rows.at(-1)).toBe('more\n');
  });

  test('jumps where it grew faster than can be read', async () => {
    const file = new File('a\n');
    const [reader, channel] = readerOf(file);
    await reader.toEnd();
    file.text += 'b\n'.repeat(FAR);
    await reader.grown(file.text.length, false);
    expect(channel.askedOf('log')).toHaveLength(2);
    expect(reader.lines.to).toBe(file.text.length);
  });

  test('the start, what lies between, and all of it', async () => {
    const file = new File(numbered(100_000));
    const [reader] = readerOf(file);
    await reader.toEnd();
    await reader.toStart();
    expect(reader.following.value).toBe(false);
    expect([reader.lines.from, reader.lines.to]).toEqual([0, STEP]);
    await reader.later();
    expect(reader.lines.to).toBe(2 * STEP);
    await reader.toEnd();
    expect(reader.lines.to).toBe(file.text.length);
    const alone = readerOf(file)[0];
    await alone.toEnd();
    await alone.earlier();
    expect(alone.lines.from).toBe(file.text.length - FIRST - STEP);
    await alone.all();
    expect(alone.lines.text() === file.text).toBe(true);
  });

  test('the last few bytes before it are not asked for by themselves', async () => {
    const file = new File(numbered(9_000).slice(0, FIRST + 10));
    const [reader, channel] = readerOf(file);
    await reader.toEnd();
    await reader.earlier();
    expect(channel.askedOf('log').at(-1)).toMatchObject({ at: 0, most: STEP });
    expect(reader.lines.text() === file.text).toBe(true);
  });

  test('does not read on while one looks elsewhere in it', async () => {
    const file = new File('a\n');
    const [reader, channel] = readerOf(file);
    await reader.toEnd();
    reader.stay();
    file.text += 'b\n';
    await reader.grown(4, false);
    expect(channel.askedOf('log')).toHaveLength(1);
    expect(reader.size.value).toBe(4);
    await reader.toEnd();
    expect(reader.lines.rows).toEqual(['a\n', 'b\n']);
  });

  test('a file that began anew is read anew', async () => {
    const file = new File('long ago\n');
    const [reader] = readerOf(file);
    await reader.toEnd();
    file.text = 'new\n';
    await reader.grown(4, false);
    expect(reader.lines.rows).toEqual(['new\n']);
  });

  test('what can’t be read is told, and can be tried again', async () => {
    const channel = new FakeChannel();
    const reader = new Reader(channel, 'job:1', 'stdout');
    await reader.toEnd();
    expect(reader.problem.value?.message).toContain('No reply');
    channel.replies.log = new File('there\n').read;
    await reader.again();
    expect(reader.problem.value).toBeNull();
    expect(reader.lines.rows).toEqual(['there\n']);
  });
});

describe('the view', () => {
  let close = (): void => undefined;
  afterEach(() => {
    cleanup();
    close();
  });

  function show(
    files: Record<'stdout' | 'stderr', File>,
    streams: ('stdout' | 'stderr')[] = ['stdout'],
  ): FakeChannel {
    const channel = new FakeChannel({ log: (ask) => files[ask.stream].read(ask) });
    const store = makeStore(channel);
    close = () => store.dispose();
    render(
      <MonitorContext.Provider value={{ channel, store, host: fakeHost() }}>
        <Output row={row()} streams={streams} setSearch={() => undefined} />
      </MonitorContext.Provider>,
    );
    return channel;
  }
  const nothing = new File('');
  const log = (): HTMLElement => screen.getByRole('log');
  const grow = (channel: FakeChannel, file: File, text: string, ended = false): void => {
    file.text += text;
    file.ended = ended;
    channel.push({ push: 'grown', key: 'job:1', stdout: file.text.length, stderr: 0, ended });
  };

  test('output is shown as it grows, until it is complete', async () => {
    const file = new File('first\n');
    const channel = show({ stdout: file, stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('first'));
    expect(channel.askedOf('watch')).toEqual([{ keys: ['job:1'] }]);
    grow(channel, file, 'second\n');
    await waitFor(() => expect(log().textContent).toContain('second'));
    expect(screen.getByText('Follows what is written')).toBeTruthy();
    grow(channel, file, 'third\n', true);
    await waitFor(() => expect(screen.getByText('Complete')).toBeTruthy());
    expect(log().textContent).toContain('third');
    cleanup();
    expect(channel.askedOf('watch').at(-1)).toEqual({ keys: [] });
  });

  test('what is written is text, whatever it is', async () => {
    const evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>&lt;\x1b[31m<b>red</b>\n';
    show({ stdout: new File(evil), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('<b>red</b>'));
    expect(log().textContent).toContain(
      '<img src=x onerror="alert(1)"><script>alert(2)</script>&lt;',
    );
    expect(log().querySelector('img, script, b')).toBeNull();
    expect(screen.getByText('<b>red</b>').style.color).toBe('var(--poj-ansi-1)');
  });

  test('of much output, only lines in sight are in the page', async () => {
    show({ stdout: new File(numbered(100_000)), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('line 100000'));
    expect(log().querySelectorAll('.poj-line').length).toBeLessThan(80);
    expect(screen.getByText(/before this/)).toBeTruthy();
  });

  test('a line of a megabyte does not come whole', async () => {
    show({ stdout: new File('z'.repeat(1_000_000)), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('zzz'));
    expect(log().textContent.length).toBeLessThan(FIRST + 100);
  });

  test('Home goes to the start and stops following; End follows again', async () => {
    const file = new File(numbered(100_000));
    const channel = show({ stdout: file, stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('line 100000'));
    fireEvent.keyDown(log(), { key: 'Home' });
    await waitFor(() => expect(log().textContent).toContain('line 1line 2'));
    expect(screen.getByText(/Does not follow/)).toBeTruthy();
    grow(channel, file, 'the newest\n');
    expect(log().textContent).not.toContain('the newest');
    fireEvent.keyDown(log(), { key: 'End' });
    await waitFor(() => expect(log().textContent).toContain('the newest'));
  });

  test('the wheel, upwards, stops following', async () => {
    const file = new File(numbered(5_000));
    const channel = show({ stdout: file, stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('line 5000'));
    log().scrollTop = 1000;
    fireEvent.wheel(log(), { deltaY: -50 });
    await waitFor(() => expect(screen.getByText(/Does not follow/)).toBeTruthy());
    grow(channel, file, 'the newest\n');
    expect(log().textContent).not.toContain('the newest');
  });

  test('a search marks what it finds and tells how much it looked at', async () => {
    const text = numbered(30_000);
    show({ stdout: new File(text), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('line 30000'));
    const field = screen.getByRole('searchbox');
    await userEvent.type(field, 'LINE 15001');
    await screen.findByText('Not found');
    expect(screen.getByText(/in 64 kB of/)).toBeTruthy();
    await userEvent.click(screen.getByText('Load all'));
    await screen.findByText('1');
    await userEvent.type(field, '{Enter}');
    await screen.findByText('1 of 1');
    await waitFor(() =>
      expect(log().querySelector('mark.poj-is-current')?.textContent).toBe('line 15001'),
    );
    await userEvent.type(field, '{Escape}');
    await waitFor(() => expect(log().querySelector('mark')).toBeNull());
  });

  test('next and previous go around', async () => {
    show({ stdout: new File('hit\nmiss\nhit hit\n'), stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('miss'));
    await userEvent.type(screen.getByRole('searchbox'), 'hit');
    await screen.findByText('3');
    await userEvent.click(screen.getByText('Next'));
    await screen.findByText('1 of 3');
    await userEvent.click(screen.getByText('Previous'));
    await screen.findByText('3 of 3');
    await userEvent.click(screen.getByText('Next'));
    await screen.findByText('1 of 3');
  });

  test('two streams are two tabs; one needs none', async () => {
    const files = { stdout: new File('out\n'), stderr: new File('err\n') };
    const channel = show(files, ['stdout', 'stderr']);
    await waitFor(() => expect(log().textContent).toContain('out'));
    expect(channel.askedOf('log').map(({ stream }) => stream)).toEqual(['stdout']);
    await userEvent.click(screen.getByRole('tab', { name: /stderr/ }));
    await waitFor(() => expect(log().textContent).toContain('err'));
    cleanup();
    show(files);
    expect(screen.queryByRole('tab')).toBeNull();
  });

  test('where nobody tells that it grows, it is looked at', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const file = new File('first\n');
      const channel = show({ stdout: file, stderr: nothing });
      vi.advanceTimersByTime(100);
      await vi.waitFor(() => expect(log().textContent).toContain('first'));
      file.text += 'second\n';
      vi.advanceTimersByTime(3000);
      await vi.waitFor(() => expect(log().textContent).toContain('second'));
      grow(channel, file, 'third\n');
      await vi.waitFor(() => expect(log().textContent).toContain('third'));
      const asked = channel.askedOf('log').length;
      vi.advanceTimersByTime(30_000);
      expect(channel.askedOf('log')).toHaveLength(asked);
    } finally {
      vi.useRealTimers();
    }
  });

  test('after a break of the connection it catches up', async () => {
    const file = new File('before\n');
    const channel = show({ stdout: file, stderr: nothing });
    await waitFor(() => expect(log().textContent).toContain('before'));
    channel.become('lost');
    file.text += 'meanwhile\n';
    channel.become('open');
    await waitFor(() => expect(log().textContent).toContain('meanwhile'));
  });
});
