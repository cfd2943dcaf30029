import { describe, expect, test } from 'vitest';

import { layoutOf } from '../src/views/job/layout';
import { Lines, LONGEST, MOST } from '../src/views/job/lines';
import { FAR, FIRST, Reader, STEP } from '../src/views/job/reader';
import { Finder } from '../src/views/job/search';
import { FakeChannel } from './channel';
import { File, numbered, part } from './file';

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

  test('what it is told while it reads is newer than the answer', async () => {
    const file = new File('a\n');
    const [reader, channel] = readerOf(file);
    await reader.toEnd();
    let answer = (): void => undefined;
    channel.replies.log = (ask) => {
      const early = file.read(ask);
      return new Promise((resolve) => (answer = () => resolve(early)));
    };
    const looking = reader.look();
    await Promise.resolve();
    file.text += 'b\n';
    file.ended = true;
    await reader.grown(4, true);
    channel.replies.log = file.read;
    answer();
    await looking;
    expect(reader.lines.text()).toBe('a\nb\n');
    expect(reader.ended.value).toBe(true);
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
