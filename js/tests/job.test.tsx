import { screen, waitFor } from '@testing-library/preact';
import { userEvent } from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';

import type { Details, Row } from '../src/protocol';
import type { Store } from '../src/store';
import { JobView } from '../src/views/job/JobView';
import { FakeChannel, fakeHost, NOW, row, type Replies } from './channel';
import { mounted } from './mounted';

const DETAILS: Details = {
  key: 'job:1',
  asked: '-l core=1',
  command: "oarsub -l core=1 '/spool/1/run'",
  folder: '/spool/1',
  directory: '/home/ada',
  events: [{ time: NOW - 90, type: 'TO_LAUNCH', text: 'It was given its node' }],
  facts: [{ label: 'Memory', value: '12 MB' }],
  dependencies: [
    { key: 'job:2', id: '2', name: 'before' },
    { key: '', id: '3', name: '' },
  ],
  origin: { notebook: 'a.ipynb', cellId: 'c', label: 'a.ipynb, cell 3' },
  error: '',
  advice: '',
  streams: ['stdout'],
};
const LOG = { text: 'hello\n', from: 0, to: 6, size: 6, ended: false };
const ACTED = { done: [], problems: { 'job:1': 'Not <b>yours</b>.' } };

let store: Store;

function show(first: Row, replies: Replies = {}) {
  const channel = new FakeChannel({ details: DETAILS, log: LOG, act: ACTED, ...replies });
  const host = fakeHost();
  const { container, change, monitor } = mounted(<JobView row={first} />, channel, {
    host,
    rows: [first],
  });
  store = monitor.store;
  return { channel, host, container, change: (now: Row) => change(<JobView row={now} />) };
}

test('the row is shown at once, its details when they come', async () => {
  const { container } = show(row({ name: '<b>x</b>', progress: 0.25, progressText: '1/4' }));
  expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('<b>x</b>');
  expect(container.textContent).toContain('Waited40 s');
  expect(container.textContent).toContain('Running1 min');
  expect(container.textContent).toContain('Left of the walltime59 min');
  expect(container.textContent).toContain('1/4');
  await screen.findByText(DETAILS.command);
  for (const text of ['-l core=1', '/spool/1', '/home/ada', '12 MB', 'It was given its node']) {
    expect(container.textContent).toContain(text);
  }
  await waitFor(() => expect(screen.getByRole('log').textContent).toContain('hello'));
});

test('details are asked again when the state changes, once for changes close together', async () => {
  const { channel, change } = show(row());
  await screen.findByText(DETAILS.command);
  change(row({ progress: 0.5 }));
  change(row({ state: 'Finishing' }));
  change(row({ state: 'Terminated', tone: 'done' }));
  await waitFor(() => expect(channel.askedOf('details')).toHaveLength(2));
  expect(screen.getByText(DETAILS.command)).toBeTruthy();
});

test('nothing of one job is seen in another’s view', async () => {
  const { change } = show(row(), {
    details: ({ key }) => (key === 'job:1' ? DETAILS : new Promise<Details>(() => undefined)),
  });
  await screen.findByText(DETAILS.command);
  change(row({ key: 'job:2' }));
  expect(screen.queryByText(DETAILS.command)).toBeNull();
});

test('a problem is told, and trying again helps', async () => {
  let away = true;
  show(row(), {
    details: () => (away ? Promise.reject(new Error('OAR is away.')) : DETAILS),
  });
  await screen.findByText(/OAR is away/);
  away = false;
  await userEvent.click(screen.getByText('Try again'));
  await screen.findByText(DETAILS.command);
  expect(screen.queryByText(/OAR is away/)).toBeNull();
});

test('a failed job begins with why, and what to do', async () => {
  const error = '\x1b[31mValueError\x1b[0m: <script>alert(1)</script>';
  const { container } = show(row({ tone: 'failed', ended: NOW }), {
    details: { ...DETAILS, error, advice: 'Ask for more memory.' },
  });
  const failure = await screen.findByRole('region', { name: 'What went wrong' });
  expect(failure.textContent).toBe('Ask for more memory.ValueError: <script>alert(1)</script>');
  expect(container.querySelector('script')).toBeNull();
  const order = failure.compareDocumentPosition(screen.getByRole('region', { name: 'Facts' }));
  expect(order & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
});

test('a click shows a job that it waits for, and goes to the cell that it came from', async () => {
  const { host } = show(row());
  const goTo = vi.spyOn(host, 'goTo');
  await userEvent.click(await screen.findByText('before'));
  expect(store.shown.value).toBe('job:2');
  await userEvent.click(screen.getByText('a.ipynb, cell 3'));
  expect(goTo).toHaveBeenCalledWith(DETAILS.origin);
  await screen.findByText(/can’t be opened from here/);
});

test('only actions that are possible have a button; what went wrong can be dismissed', async () => {
  const { channel } = show(row({ can: ['hold'] }));
  expect(screen.queryByText('Cancel')).toBeNull();
  await userEvent.click(screen.getByText('Hold'));
  expect(channel.askedOf('act')).toEqual([{ action: 'hold', keys: ['job:1'] }]);
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('a cell (1) Not <b>yours</b>.');
  await userEvent.click(screen.getByText('Dismiss'));
  expect(screen.queryByRole('alert')).toBeNull();
});

test('keys: / and Ctrl+F reach the search, Esc goes back', async () => {
  show(row());
  store.show('job:1');
  const log = await screen.findByRole('log');
  log.focus();
  await userEvent.keyboard('/');
  expect(document.activeElement).toBe(screen.getByRole('searchbox'));
  await userEvent.keyboard('a/b');
  expect(screen.getByRole<HTMLInputElement>('searchbox').value).toBe('a/b');
  await userEvent.keyboard('{Escape}');
  expect(store.shown.value).toBe('job:1');
  expect(document.activeElement).toBe(log);
  await userEvent.keyboard('{Control>}f{/Control}');
  expect(document.activeElement).toBe(screen.getByRole('searchbox'));
  await userEvent.keyboard('{Escape}');
  expect(store.shown.value).toBe('');
});

test('a text is copied as it is', async () => {
  userEvent.setup();
  show(row());
  await screen.findByText(DETAILS.command);
  const section = screen.getByText(DETAILS.command).parentElement;
  await userEvent.click(section!.querySelector('button')!);
  await screen.findByText('Copied');
  expect(await navigator.clipboard.readText()).toBe(DETAILS.command);
});
