import { cleanup, screen, waitFor } from '@testing-library/preact';
import { userEvent } from '@testing-library/user-event';
import { afterEach, expect, test } from 'vitest';

import { act, outcome, questionFor, working } from '../src/actions';
import { AskError } from '../src/channels/channel';
import type { Monitor } from '../src/context';
import type { Acted } from '../src/protocol';
import { makeStore } from '../src/store';
import { FakeChannel, fakeHost, NOW, row, type Replies } from './channel';

const FINE: Acted = { done: ['job:1'], problems: {} };
let close = (): void => undefined;

function monitorOf(replies: Replies): Monitor & { channel: FakeChannel } {
  const channel = new FakeChannel(replies);
  const store = makeStore(channel);
  close = () => store.dispose();
  channel.whole([]);
  return { channel, store, host: fakeHost() };
}

afterEach(() => {
  close();
  cleanup();
  document.body.replaceChildren();
});

const waiting = row({ tone: 'waiting', state: 'Waiting', started: 0 });

test('a running job is cancelled only after yes; the safe answer has the focus', async () => {
  const monitor = monitorOf({ act: FINE });
  const acting = act(monitor, 'cancel', [row({ name: '<i>x</i>' })]);
  const dialog = await screen.findByRole('alertdialog');
  expect(dialog.textContent).toContain('<i>x</i>');
  expect(dialog.textContent).toContain('its output so far is kept');
  await waitFor(() => expect(document.activeElement?.textContent).toBe('Keep it'));
  expect(monitor.channel.askedOf('act')).toEqual([]);
  await userEvent.click(screen.getByText('Cancel it'));
  await acting;
  expect(monitor.channel.askedOf('act')).toEqual([{ action: 'cancel', keys: ['job:1'] }]);
  expect(screen.queryByRole('alertdialog')).toBeNull();
});

test('no means that nothing is asked of the other side', async () => {
  const monitor = monitorOf({ act: FINE });
  const acting = act(monitor, 'cancel', [row()]);
  await userEvent.click(await screen.findByText('Keep it'));
  await acting;
  expect(monitor.channel.askedOf('act')).toEqual([]);
});

test('closing the dialog, as Esc does, means no', async () => {
  const monitor = monitorOf({ act: FINE });
  const acting = act(monitor, 'cancel', [row()]);
  (await screen.findByRole<HTMLDialogElement>('alertdialog')).close();
  await acting;
  expect(monitor.channel.askedOf('act')).toEqual([]);
});

test('it asks where something would be lost, in words, and not elsewhere', () => {
  const text = (...args: Parameters<typeof questionFor>): string | undefined =>
    questionFor(...args)?.text;
  expect(questionFor('cancel', [waiting], NOW)).toBeNull();
  expect(text('cancel', [waiting], NOW + 7200)).toMatch(/its place in the queue, after 2 h/);
  expect(text('cancel', [waiting, row(), row()], NOW)).toBe(
    '2 running jobs are ended; their output so far is kept. ' +
      'A waiting job loses its place in the queue, after 1 min 40 s.',
  );
  const array = row({ kind: 'array', counts: { running: 3, waiting: 40, done: 2 } });
  expect(text('cancel', [array], NOW)).toBe(
    '3 running jobs are ended; their output so far is kept. ' +
      '40 waiting jobs lose their place in the queue.',
  );
  const recent = row({ ...waiting, submitted: NOW - 5 });
  const old = row({ submitted: NOW - 7200 });
  expect(text('cancel', [recent, old], NOW)).toMatch(/its place in the queue, after 5 s\.$/);
  expect(questionFor('again', [row({ tone: 'done' })], NOW)).toBeNull();
  expect(text('again', [row()], NOW)).toContain('may write to the same files');
  expect(questionFor('hold', [row()], NOW)).toBeNull();
  expect(questionFor('resume', [row()], NOW)).toBeNull();
});

test('what is held has a place to lose, what is suspended its work', () => {
  const held = row({ tone: 'idle', state: 'Hold', started: 0 });
  expect(questionFor('cancel', [held], NOW)).toBeNull();
  expect(questionFor('cancel', [held], NOW + 7200)?.text).toMatch(/in the queue, after 2 h/);
  const suspended = row({ tone: 'idle', state: 'Suspended' });
  expect(questionFor('cancel', [suspended], NOW)?.text).toMatch(/^A running job is ended/);
});

test('only rows that allow it are named, and nothing is sent twice', async () => {
  let answer: (acted: Acted) => void = () => undefined;
  const slow = new Promise<Acted>((resolve) => (answer = resolve));
  const monitor = monitorOf({ act: () => slow });
  const held = row({ key: 'job:2', can: ['resume'] });
  const acting = act(monitor, 'hold', [row(), held]);
  expect(working(monitor).value.get('job:1')).toBe('hold');
  await act(monitor, 'hold', [row()]);
  answer(FINE);
  await acting;
  expect(monitor.channel.askedOf('act')).toEqual([{ action: 'hold', keys: ['job:1'] }]);
  expect(working(monitor).value.size).toBe(0);
  expect(outcome(monitor).value).toBeNull();
});

test('problems are told by name, in the words of the other side', async () => {
  const monitor = monitorOf({ act: { done: [], problems: { 'job:1': 'Not yours.' } } });
  await act(monitor, 'hold', [row()]);
  expect(outcome(monitor).value).toEqual({
    text: 'Not held:',
    problems: [{ name: 'a cell (1)', why: 'Not yours.' }],
    created: [],
  });
});

test('a question that fails is told with its hint, and can be asked again', async () => {
  const monitor = monitorOf({
    act: () => Promise.reject(new AskError({ message: 'OAR is away.', hint: 'Try later.' })),
  });
  await act(monitor, 'hold', [row()]);
  expect(outcome(monitor).value?.problems[0]?.why).toBe('OAR is away. Try later.');
  expect(working(monitor).value.size).toBe(0);
});

test('what was submitted again can be looked at', async () => {
  const monitor = monitorOf({ act: { done: ['job:9'], problems: {} } });
  await act(monitor, 'again', [row({ tone: 'done', can: ['again'] })]);
  expect(outcome(monitor).value?.created).toEqual(['job:9']);
});

test('those that were submitted again can be looked at where others were not', async () => {
  const acted = { done: ['job:9'], problems: { 'job:1': 'Its files are gone.' } };
  const monitor = monitorOf({ act: acted });
  const rows = ['job:1', 'job:2'].map((key) => row({ key, tone: 'done', can: ['again'] }));
  await act(monitor, 'again', rows);
  expect(outcome(monitor).value).toMatchObject({
    problems: [{ name: 'a cell (1)', why: 'Its files are gone.' }],
    created: ['job:9'],
  });
});
