import { fireEvent, screen, waitFor, within } from '@testing-library/preact';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import type { Row } from '../src/protocol';
import { JobsView } from '../src/views/jobs/JobsView';
import { comparing, keepSorted } from '../src/views/jobs/order';
import { inSight } from '../src/views/jobs/sight';
import { FakeChannel, fakeHost, NOW, row } from './channel';
import { mounted } from './mounted';

async function show(rows: Row[], kept: Record<string, unknown> = {}) {
  const channel = new FakeChannel({ act: ({ keys }) => ({ done: keys, problems: {} }) });
  const host = fakeHost(kept);
  const { store } = mounted(<JobsView />, channel, { host, rows }).monitor;
  await screen.findByRole('searchbox');
  await new Promise((resolve) => setTimeout(resolve)); // what was kept has come
  return { channel, host, store, user: userEvent.setup() };
}

function three(): Row[] {
  return [
    row({ key: 'job:1', name: 'fit', submitted: NOW - 30, node: 'paris-1', id: '10' }),
    row({ key: 'job:2', name: 'train', submitted: NOW - 20, tone: 'failed', id: '9', can: [] }),
    row({
      key: 'job:3',
      name: 'plot',
      submitted: NOW - 10,
      tone: 'done',
      id: '11',
      can: ['again'],
    }),
  ];
}

const lines = (): HTMLElement[] => screen.queryAllByRole('row').filter((one) => one.dataset['key']);
const names = (): string[] =>
  lines().map(
    (line) => line.querySelector('.poj-name-words, .poj-heading-name')?.textContent ?? '',
  );
const line = (name: string): HTMLElement => lines()[names().indexOf(name)]!;
const chosen = (): string[] =>
  names().filter((name) => line(name).getAttribute('aria-selected') === 'true');

describe('the order', () => {
  it('is the newest first, and that of a column by a click', async () => {
    const { user, host } = await show(three());
    expect(names()).toEqual(['plot', 'train', 'fit']);
    const id = screen.getByRole('columnheader', { name: 'Id' });
    await user.click(id);
    expect(names()).toEqual(['train', 'fit', 'plot']); // by number, not by letter
    expect(id.getAttribute('aria-sort')).toBe('ascending');
    id.focus();
    await user.keyboard('{Enter}');
    expect(names()).toEqual(['plot', 'fit', 'train']);
    expect(host.all['jobs-table']).toMatchObject({ sort: { column: 'id', descending: true } });
  });

  it('is kept as rows change, come and go', () => {
    const compare = comparing((one) => one.name, false);
    const keep = keepSorted();
    let rows = new Map<string, Row>();
    for (let step = 0; step < 300; step++) {
      const next = new Map(rows);
      const key = `job:${(step * 7919) % 60}`;
      if (step % 5 === 0) next.delete(key);
      else next.set(key, row({ key, name: `n${(step * 104729) % 40}` }));
      rows = next;
      expect(keep(rows, compare)).toEqual([...rows.values()].sort(compare));
    }
  });

  it('goes by place where rows came together', () => {
    const nodes = ['c', 'a', 'b'].map((name, place) => row({ key: `node:1/${name}`, name, place }));
    const sorted = [...nodes].reverse().sort(comparing((one) => one.submitted, true));
    expect(sorted.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });

  it('puts what has no value last, both ways', () => {
    const some = [3, -1, 5].map((progress) => row({ progress }));
    for (const down of [true, false]) {
      const sorted = [...some].sort(comparing((one) => one.progress, down));
      expect(sorted.at(-1)?.progress).toBe(-1);
    }
  });
});

describe('looking for jobs', () => {
  it('wants all words, wherever they are', async () => {
    const { user } = await show(three());
    await user.type(screen.getByRole('searchbox'), 'ADA paris');
    expect(names()).toEqual(['fit']);
    await user.keyboard('{Escape}');
    expect(names()).toHaveLength(3);
    await user.type(screen.getByRole('searchbox'), 'nothing like it');
    expect(screen.getByText('No job fits.')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Show all jobs' }));
    expect(names()).toHaveLength(3);
  });

  it('by state, with how many there are', async () => {
    const { user } = await show([
      ...three(),
      row({ key: 'array:1', name: 'many', kind: 'array', counts: { failed: 2, done: 5 } }),
    ]);
    const chip = screen.getByRole('button', { name: /Failed/ });
    expect(chip.textContent).toContain('3');
    await user.click(chip);
    expect(names()).toEqual(['train', 'many']);
    expect(chip.getAttribute('aria-pressed')).toBe('true');
  });

  it('finds what is in a group, and shows the group', async () => {
    const { user, store } = await show([
      row({ key: 'run:1', name: 'a run', kind: 'run', opens: true }),
      row({ key: 'task:1/a', parent: 'run:1', name: 'needle', kind: 'task' }),
      row({ key: 'task:1/b', parent: 'run:1', name: 'hay', kind: 'task' }),
    ]);
    store.open('run:1', true);
    await user.type(screen.getByRole('searchbox'), 'needle');
    expect(names()).toEqual(['a run', 'needle']);
    expect(screen.getByText('1 job')).toBeTruthy();
    expect(line('needle').getAttribute('aria-level')).toBe('2');
  });
});

describe('the keyboard', () => {
  it('opens, goes in and comes back', async () => {
    const { user, channel, store } = await show([
      row({ key: 'run:1', name: 'a run', kind: 'run', opens: true }),
    ]);
    line('a run').focus();
    await user.keyboard('{ArrowRight}');
    expect(channel.askedOf('follow').at(-1)).toEqual({ everyone: false, opened: ['run:1'] });
    channel.change([row({ key: 'task:1/a', parent: 'run:1', name: 'a task', kind: 'task' })]);
    await screen.findByText('a task');
    await user.keyboard('{ArrowRight}');
    expect(document.activeElement).toBe(line('a task'));
    await user.keyboard('{Enter}');
    expect(store.shown.value).toBe('task:1/a');
    await user.keyboard('{Escape}');
    expect(store.shown.value).toBe('');
    await user.keyboard('{ArrowLeft}');
    expect(document.activeElement).toBe(line('a run'));
    await user.keyboard('{ArrowLeft}');
    expect(names()).toEqual(['a run']);
    await user.keyboard('/');
    expect(document.activeElement).toBe(screen.getByRole('searchbox'));
  });

  it('shows details once it has rested, and none that were left meanwhile', async () => {
    const { user, store } = await show(three());
    line('plot').focus();
    await user.keyboard('{Enter}{ArrowDown}');
    await waitFor(() => expect(store.shown.value).toBe('job:2'));
    await user.keyboard('{ArrowDown}');
    fireEvent.click(line('plot'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(store.shown.value).toBe('job:3');
    await user.keyboard('{ArrowDown}{Escape}');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(store.shown.value).toBe('');
  });

  it('selects ranges and all', async () => {
    const { user } = await show(three());
    line('plot').focus();
    await user.keyboard(' ');
    expect(chosen()).toEqual(['plot']);
    await user.keyboard('{Shift>}{ArrowDown}{/Shift}');
    expect(chosen()).toEqual(['plot', 'train']);
    await user.keyboard('{Control>}a{/Control}');
    expect(chosen()).toHaveLength(3);
    await user.keyboard('{Escape}');
    expect(chosen()).toEqual([]);
  });

  it('has one stop in the table, at the line that it was at last', async () => {
    const { user } = await show(three());
    line('plot').focus();
    await user.keyboard('{End}');
    expect(lines().filter((one) => one.tabIndex === 0)).toEqual([line('fit')]);
  });
});

describe('those selected', () => {
  it('can be acted on as they allow', async () => {
    const { user, channel } = await show(three());
    fireEvent.click(line('plot'));
    fireEvent.click(line('fit'), { ctrlKey: true });
    const bar = within(await screen.findByRole('toolbar', { name: 'Selected jobs' }));
    expect(bar.queryByRole('button', { name: /Resume/ })).toBeNull();
    await user.click(bar.getByRole('button', { name: 'Submit again (1)' }));
    expect(channel.askedOf('act')).toEqual([{ action: 'again', keys: ['job:3'] }]);
  });

  it('are acted on only while they are shown', async () => {
    const { user, channel } = await show(three());
    fireEvent.click(line('plot'));
    const find = screen.getByRole('searchbox');
    await user.type(find, 'fit');
    expect(screen.queryByText('1 selected')).toBeNull();
    line('fit').focus();
    await user.keyboard('{Delete}');
    await user.click(await screen.findByText('Cancel it'));
    expect(channel.askedOf('act')).toEqual([{ action: 'cancel', keys: ['job:1'] }]);
    await user.clear(find);
    await screen.findByText('1 selected');
    expect(chosen()).toEqual(['plot']);
  });

  it('are selected no more when they are gone', async () => {
    const { channel } = await show(three());
    fireEvent.click(line('plot'));
    await screen.findByText('1 selected');
    channel.change([], ['job:3']);
    await screen.findByText('2 jobs');
    expect(screen.queryByText('1 selected')).toBeNull();
  });
});

describe('the table', () => {
  it('has only the rows in sight in the page', async () => {
    await show(Array.from({ length: 10_000 }, (_, i) => row({ key: `job:${i}`, name: `n${i}` })));
    expect(lines().length).toBeLessThan(60);
    expect(screen.getByRole('treegrid').getAttribute('aria-rowcount')).toBe('10001');
    for (const top of [0, 12_345, 279_000]) {
      const { from, to } = inSight(top, 600, 28, 10_000);
      expect(from).toBeLessThanOrEqual(top / 28);
      expect(to).toBeGreaterThanOrEqual(Math.min(10_000, (top + 600) / 28));
      expect(to - from).toBeLessThan(60);
    }
  });

  it('groups, and closes a group', async () => {
    const { user } = await show(three(), { 'jobs-table': { group: 'state' } });
    expect(names()).toEqual(['Running', 'fit', 'Done', 'plot', 'Failed', 'train']);
    await user.click(line('Done'));
    expect(names()).toEqual(['Running', 'fit', 'Done', 'Failed', 'train']);
    expect(line('Done').getAttribute('aria-expanded')).toBe('false');
  });

  it('has the columns that were kept, and no others that were', async () => {
    await show(three(), {
      'jobs-table': { columns: ['name', '<x>', 'owner'], widths: 7, sort: 1 },
    });
    const heads = screen.getAllByRole('columnheader').map((one) => one.textContent);
    expect(heads).toEqual(['Name', 'Owner']);
  });

  it('shows markup as the text that it is', async () => {
    const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    await show([row({ name: evil, note: evil, owner: evil, node: evil, state: evil })]);
    expect(names()).toEqual([evil]);
    expect(document.querySelector('img, script')).toBeNull();
  });

  it('says what to do while there are no jobs', async () => {
    await show([]);
    expect(screen.getByText('%%oar -l host=1/core=1')).toBeTruthy();
  });
});
