import { expect, test } from 'vitest';

import { notices, type NoticeSettings } from '../src/lab/notices';
import type { Row } from '../src/protocol';
import { NOW, row } from './channel';

const settings: NoticeSettings = {
  ended: 'all',
  longerThan: 0,
  textDone: '{name} ({id}) is done after {took} on {node}',
  textFailed: '{name}: {how}',
};
const map = (...rows: Row[]): Map<string, Row> => new Map(rows.map((one) => [one.key, one]));
const done = (fields: Partial<Row> = {}): Row =>
  row({ state: 'Terminated', tone: 'done', ended: NOW, ...fields });
const failed = (fields: Partial<Row> = {}): Row =>
  done({ state: 'Error', tone: 'failed', note: 'exit code 3', ...fields });

test('an end is told once, in the words of the settings', () => {
  const before = map(row());
  const after = map(done());
  expect(notices(before, after, settings)).toEqual([
    { key: 'job:1', kind: 'success', text: 'a cell (1) is done after 1 min on node1' },
  ]);
  expect(notices(after, map(done({ note: 'more is known' })), settings)).toEqual([]);
});

test('an end is told once it is known how it ended', () => {
  const ending = row({ state: 'Finishing', note: 'ending', ended: NOW });
  expect(notices(map(row()), map(ending), settings)).toEqual([]);
  expect(notices(map(ending), map(done()), settings)).toHaveLength(1);
});

test('a failure has its own words', () => {
  expect(notices(map(row()), map(failed()), settings)).toEqual([
    { key: 'job:1', kind: 'error', text: 'a cell: exit code 3' },
  ]);
});

test('what was stopped has not failed', () => {
  const stopped = done({ tone: 'stopped', state: 'Error', note: 'it was deleted' });
  expect(notices(map(row()), map(stopped), settings)).toEqual([
    { key: 'job:1', kind: 'info', text: 'a cell: it was deleted' },
  ]);
});

test('only failures, only long ones, or none', () => {
  const before = map(row(), row({ key: 'job:2' }));
  const after = map(done(), failed({ key: 'job:2' }));
  const keys = (some: Partial<NoticeSettings>): string[] =>
    notices(before, after, { ...settings, ...some }).map(({ key }) => key);
  expect(keys({ ended: 'failed' })).toEqual(['job:2']);
  expect(keys({ ended: 'none' })).toEqual([]);
  expect(keys({ longerThan: 60 })).toEqual(['job:1', 'job:2']);
  expect(keys({ longerThan: 61 })).toEqual([]);
});

test('an array is told as a whole, not its elements', () => {
  const element = { key: 'job:7', parent: 'array:a' };
  const before = map(row({ key: 'array:a', kind: 'array' }), row(element));
  const between = map(row({ key: 'array:a', kind: 'array' }), done(element));
  expect(notices(before, between, settings)).toEqual([]);
  const after = map(done({ key: 'array:a', kind: 'array' }), done(element));
  expect(notices(between, after, settings).map(({ key }) => key)).toEqual(['array:a']);
});

test('what had ended when it was first seen, and what is not mine, is not told', () => {
  expect(notices(map(), map(done()), settings)).toEqual([]);
  expect(notices(map(row({ mine: false })), map(done({ mine: false })), settings)).toEqual([]);
});

test('a job that never started took its time waiting', () => {
  const after = map(failed({ started: 0 }));
  expect(notices(map(row()), after, { ...settings, textFailed: '{took}' })[0]?.text).toBe(
    '1 min 40 s',
  );
});

test('a job that the scheduler forgot is told, although nobody knows when it ended', () => {
  const after = map(failed({ ended: 0, note: 'the scheduler does not know it any more' }));
  const some = { ...settings, longerThan: 10, textFailed: '{how} ({took})' };
  expect(notices(map(row()), after, some)[0]?.text).toBe(
    'the scheduler does not know it any more (some time)',
  );
});

test('names are put in once and as they are; unknown marks stay', () => {
  const name = '<b>{id}</b> $& {constructor}';
  const [notice] = notices(map(row({ name })), map(done({ name })), {
    ...settings,
    textDone: '{name} {when}',
  });
  expect(notice?.text).toBe(`${name} {when}`);
});
