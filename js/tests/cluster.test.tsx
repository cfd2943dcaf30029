import { fireEvent, screen, waitFor, within } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { AskError } from '../src/channels/channel';
import type { Cluster, ClusterHost, ClusterJob } from '../src/protocol';
import type { Store } from '../src/store';
import { barAt, boxOf, BoxPath, TimeScale } from '../src/views/cluster/boxes';
import { ClusterView } from '../src/views/cluster/ClusterView';
import { freeBy, properties } from '../src/views/cluster/free';
import { layOut, sharedDomain } from '../src/views/cluster/layout';
import { asked, FIRST_SPAN, HOUR, pan, reveal, zoom } from '../src/views/cluster/span';
import { FakeChannel, hello, NOW, row, type Replies } from './channel';
import { mounted } from './mounted';

const HOSTILE = '<img src=x onerror="document.title=1">';

function node(name: string, fields: Partial<ClusterHost> = {}): ClusterHost {
  return { name, state: 'Alive', resources: 4, free: 4, properties: {}, ...fields };
}

function job(id: string, fields: Partial<ClusterJob> = {}): ClusterJob {
  return {
    id,
    key: `job:${id}`,
    name: `job ${id}`,
    owner: 'ada',
    mine: true,
    state: 'Running',
    tone: 'running',
    start: NOW - HOUR,
    stop: NOW + HOUR,
    forecast: false,
    hosts: { node1: 2 },
    ...fields,
  };
}

function picture(hosts: ClusterHost[], jobs: ClusterJob[]): Cluster {
  return { backend: 'oar', now: NOW, from: NOW - 9 * HOUR, to: NOW + 13 * HOUR, hosts, jobs };
}

describe('the places of jobs on a host', () => {
  const places = (jobs: ClusterJob[], host = node('node1')): [string, number, number][] =>
    layOut(picture([host], jobs)).flatMap(({ bars }) =>
      bars.map(({ job, lane, lanes }): [string, number, number] => [job.id, lane, lanes]),
    );

  it('puts jobs of the same time beside each other, by how many cores they have', () => {
    expect(places([job('1'), job('2', { hosts: { node1: 1 } })])).toEqual([
      ['1', 0, 2],
      ['2', 2, 1],
    ]);
  });

  it('gives a place again once it is free', () => {
    const later = job('2', { start: NOW + HOUR, stop: NOW + 2 * HOUR });
    expect(places([later, job('1')])).toEqual([
      ['1', 0, 2],
      ['2', 0, 2],
    ]);
  });

  it('cuts a job up where its cores are not neighbours', () => {
    const jobs = [
      job('a', { hosts: { node1: 1 }, stop: NOW - 1 }),
      job('b', { hosts: { node1: 2 } }),
      job('c', { hosts: { node1: 2 }, start: NOW }),
    ];
    expect(places(jobs).slice(2)).toEqual([
      ['c', 0, 1],
      ['c', 3, 1],
    ]);
  });

  it('never leaves the host, even when more is planned than there is', () => {
    const jobs = Array.from({ length: 9 }, (_, n) => job(String(n), { hosts: { node1: 3 } }));
    for (const [, lane, lanes] of places(jobs)) {
      expect(lane).toBeGreaterThanOrEqual(0);
      expect(lane + lanes).toBeLessThanOrEqual(4);
    }
  });

  it('orders hosts as people count, and says once what all names end with', () => {
    const hosts = ['n10.a.org', 'n2.a.org', 'n1.a.org'].map((name) => node(name));
    expect(layOut(picture(hosts, [])).map(({ host }) => host.name)).toEqual([
      'n1.a.org',
      'n2.a.org',
      'n10.a.org',
    ]);
    expect(sharedDomain(hosts)).toBe('.a.org');
    expect(sharedDomain([...hosts, node('other')])).toBe('');
  });
});

describe('the hours in sight', () => {
  it('keeps the moment under the pointer when it zooms, within limits', () => {
    const near = zoom(FIRST_SPAN, 0.5, 0.25);
    expect(near.start + near.length * 0.25).toBe(FIRST_SPAN.start + FIRST_SPAN.length * 0.25);
    expect(zoom(FIRST_SPAN, 0).length).toBe(600);
    expect(zoom(FIRST_SPAN, 1e9).length).toBe(14 * 24 * HOUR);
  });

  it('moves, and goes to a moment only if it is not seen', () => {
    expect(pan(FIRST_SPAN, 0.5).start).toBe(2 * HOUR);
    expect(reveal(FIRST_SPAN, HOUR)).toBe(FIRST_SPAN);
    const there = reveal(FIRST_SPAN, 30 * HOUR);
    expect(there.start).toBeLessThan(30 * HOUR);
    expect(there.start + there.length).toBeGreaterThan(30 * HOUR);
    expect(asked(FIRST_SPAN)).toEqual({ from: -6 * HOUR, to: 10 * HOUR });
  });
});

describe('what is drawn', () => {
  const scale = new TimeScale(NOW, 1000, 1000);
  const [host] = layOut(
    picture([node('node1')], [job('1', { start: NOW + 100, stop: NOW + 300 })]),
  );
  const bar = host!.bars[0]!;

  it('is in proportion, and found again by the pointer', () => {
    const box = boxOf(bar, host!, 24, scale)!;
    expect(box).toMatchObject({ x: 100, y: 2, width: 199, height: 9 });
    expect(barAt(host!, 150, 6, 24, scale)).toBe(bar);
    expect(barAt(host!, 150, 20, 24, scale)).toBeUndefined();
    expect(barAt(host!, 350, 6, 24, scale)).toBeUndefined();
  });

  it('is nothing of what is out of sight, nor of what falls on the same pixel', () => {
    expect(boxOf(bar, host!, 24, new TimeScale(NOW + 900, 1000, 1000))).toBeNull();
    const path = new BoxPath();
    for (let n = 0; n < 1000; n++) path.add({ x: n / 1000, y: 2, width: 1, height: 4 }, 0);
    expect(path.toString().match(/M/g)!.length).toBeLessThan(6);
  });
});

describe('what is free', () => {
  const hosts = [
    node('a', { properties: { gpu: '', cluster: 'x', mem: '128', drain: 'NO' }, free: 1 }),
    node('b', { properties: { gpu: 'A100', cluster: 'x', mem: '64', drain: 'NO' }, free: 2 }),
    node('c', { properties: { gpu: 'A100', cluster: 'y', mem: '64', drain: 'NO' }, free: 0 }),
  ];

  it('is counted by value, the usual properties first, and none that tells nothing', () => {
    expect(properties(hosts)).toEqual(['cluster', 'gpu', 'mem']);
    expect(freeBy(hosts, 'gpu')).toEqual([{ value: 'A100', resources: 8, free: 2 }]);
    expect(freeBy(hosts, 'mem').map(({ value }) => value)).toEqual(['64', '128']);
  });
});

describe('the view', () => {
  let channel: FakeChannel;
  let store: Store;

  beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }));
  afterEach(() => void vi.useRealTimers());

  function show(replies: Replies): void {
    channel = new FakeChannel({ hello: hello({ backends: ['oar'] }), ...replies });
    ({ store } = mounted(<ClusterView />, channel).monitor);
  }
  const own = (): HTMLElement[] => [
    ...document.querySelectorAll<HTMLElement>('.poj-gantt-bars [role=button]'),
  ];

  it('draws own jobs one by one, others together, and says what each host is', async () => {
    const hosts = [node('node1', { free: 1 }), node('node2', { state: 'Suspected', free: 0 })];
    const other = job('2', { mine: false, owner: 'bob', hosts: { node1: 1 } });
    const planned = job('3', {
      mine: false,
      forecast: true,
      start: NOW + HOUR * 2,
      stop: NOW + HOUR * 3,
    });
    show({ cluster: picture(hosts, [job('1'), other, planned]) });
    await waitFor(() => expect(own()).toHaveLength(1));
    expect(own()[0]!.getAttribute('aria-label')).toContain('job 1, 1 of ada, Running');
    const many = [...document.querySelectorAll('.poj-gantt-many')];
    expect(many.map((path) => path.getAttribute('d')!.match(/M/g)!.length)).toEqual([1, 1]);
    expect((many[1] as SVGElement).style.fill).toContain('url(');
    expect(screen.getByText('Suspected')).toBeTruthy();
    expect(screen.getByText('1/4')).toBeTruthy();
  });

  it('opens one’s own job by click and by key, and goes from one to the next', async () => {
    const jobs = [job('1'), job('2', { start: NOW + 30 * HOUR, stop: NOW + 31 * HOUR })];
    show({ cluster: { ...picture([node('node1')], jobs), to: NOW + 99 * HOUR } });
    await waitFor(() => expect(own()).toHaveLength(1));
    fireEvent.click(own()[0]!);
    expect(store.shown.value).toBe('job:1');
    own()[0]!.focus();
    await waitFor(() => expect(screen.getByRole('tooltip').textContent).toContain('job 1'));
    fireEvent.keyDown(own()[0]!, { key: 'ArrowRight' });
    await waitFor(() =>
      expect(document.activeElement?.getAttribute('aria-label')).toContain('job 2'),
    );
    fireEvent.keyDown(document.activeElement!, { key: 'Enter' });
    expect(store.shown.value).toBe('job:2');
  });

  it('zooms and moves by key, and asks for what comes into sight', async () => {
    show({ cluster: (p) => ({ ...picture([node('node1')], [job('1')]), from: p.from, to: p.to }) });
    await waitFor(() => expect(own()).toHaveLength(1));
    const chart = screen.getByLabelText(/^Jobs by host/);
    fireEvent.keyDown(chart, { key: '+' });
    await waitFor(() => expect(screen.getByText('5 h 20 min')).toBeTruthy());
    expect(channel.askedOf('cluster')).toHaveLength(1);
    for (let n = 0; n < 30; n++) fireEvent.keyDown(chart, { key: 'ArrowRight' });
    await waitFor(() => expect(channel.askedOf('cluster').length).toBeGreaterThan(1));
    expect(channel.askedOf('cluster').at(-1)!.to).toBeGreaterThan(NOW + 13 * HOUR);
  });

  it('is dragged, and let go even where the button was released elsewhere', async () => {
    show({ cluster: (p) => ({ ...picture([node('node1')], [job('1')]), from: p.from, to: p.to }) });
    await waitFor(() => expect(own()).toHaveLength(1));
    const body = document.querySelector<HTMLElement>('.poj-gantt-body')!;
    body.setPointerCapture = () => undefined;
    const moved = (clientX: number, buttons: number): boolean => {
      fireEvent(body, new PointerEvent('pointermove', { bubbles: true, clientX, buttons }));
      return document.querySelector('.poj-dragging') !== null;
    };
    const press = (): boolean =>
      fireEvent(body, new PointerEvent('pointerdown', { bubbles: true, clientX: 300, buttons: 1 }));
    press();
    expect(moved(302, 1)).toBe(false);
    await waitFor(() => expect(moved(350, 1)).toBe(true));
    fireEvent(body, new PointerEvent('pointerup', { bubbles: true }));
    await waitFor(() => expect(document.querySelector('.poj-dragging')).toBeNull());
    press();
    moved(350, 0);
    await vi.advanceTimersByTimeAsync(100);
    expect(document.querySelector('.poj-dragging')).toBeNull();
  });

  it('asks again every 15 seconds, and when a job of one’s own changes its state', async () => {
    show({ cluster: picture([node('node1')], []) });
    await waitFor(() => expect(channel.askedOf('cluster')).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(15_100);
    expect(channel.askedOf('cluster')).toHaveLength(2);
    channel.whole([row({ key: 'job:1' }), row({ key: 'oar:oar/7', mine: false })]);
    await vi.advanceTimersByTimeAsync(500);
    const before = channel.askedOf('cluster').length;
    channel.change([{ key: 'oar:oar/7', state: 'Error' }]);
    channel.change([{ key: 'job:1', progress: 0.5 }]);
    await vi.advanceTimersByTimeAsync(500);
    expect(channel.askedOf('cluster')).toHaveLength(before);
    channel.change([{ key: 'job:1', state: 'Terminated' }]);
    await vi.advanceTimersByTimeAsync(500);
    expect(channel.askedOf('cluster')).toHaveLength(before + 1);
  });

  it('shows what comes late, and asks no more while it waits', async () => {
    const tell: ((answer: Cluster) => void)[] = [];
    show({ cluster: () => new Promise((answer) => tell.push(answer)) });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(channel.askedOf('cluster')).toHaveLength(1);
    tell[0]!(picture([node('node1')], [job('1')]));
    await waitFor(() => expect(own()).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(15_100);
    expect(channel.askedOf('cluster')).toHaveLength(2);
  });

  it('shows an answer that a newer question has overtaken, but none older than what is shown', async () => {
    const tell: ((answer: Cluster) => void)[] = [];
    show({ cluster: () => new Promise((answer) => tell.push(answer)) });
    await vi.waitFor(() => expect(tell).toHaveLength(1));
    channel.whole([row({ key: 'job:1' })]);
    await vi.advanceTimersByTimeAsync(500);
    channel.change([{ key: 'job:1', state: 'Terminated' }]);
    await vi.advanceTimersByTimeAsync(7_000);
    expect(tell).toHaveLength(3);
    tell[1]!(picture([node('node1')], [job('1')]));
    await waitFor(() => expect(own()).toHaveLength(1));
    tell[0]!(picture([node('node1')], []));
    await vi.advanceTimersByTimeAsync(500);
    expect(own()).toHaveLength(1);
  });

  it('shows trouble with what to do, keeps the old picture, and tries again', async () => {
    let works = false;
    show({
      cluster: () => {
        if (works) return picture([node('node1')], [job('1')]);
        throw new AskError({ message: 'oarnodes does not answer.', hint: 'Ask the site.' });
      },
    });
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('Ask the site.'));
    works = true;
    fireEvent.click(screen.getByText('Try again'));
    await waitFor(() => expect(own()).toHaveLength(1));
    expect(screen.queryByRole('alert')).toBeNull();
    works = false;
    await vi.advanceTimersByTimeAsync(15_100);
    expect(screen.getByRole('alert').textContent).toContain('Not up to date.');
    expect(own()).toHaveLength(1);
  });

  it('leaves only hosts with a value, or with own jobs, and says when none is left', async () => {
    const hosts = [
      node('node1', { properties: { cluster: 'x' } }),
      node('node2', { properties: { cluster: 'y' }, free: 3 }),
    ];
    show({ cluster: picture(hosts, [job('1')]) });
    const value = await screen.findByLabelText('y: 3 of 4 free');
    fireEvent.click(value);
    await waitFor(() => expect(screen.getByText('1 of 2 hosts')).toBeTruthy());
    expect(own()).toHaveLength(0);
    fireEvent.click(screen.getByLabelText('Only hosts with my jobs'));
    await waitFor(() => expect(screen.getByText('No host is like that.')).toBeTruthy());
  });

  it('is a table as well', async () => {
    const hosts = [node('node1'), node('node2')];
    show({ cluster: picture(hosts, [job('1'), job('2', { mine: false, owner: 'bob' })]) });
    fireEvent.click(await screen.findByText('As a table'));
    const table = await screen.findByRole('table');
    expect(within(table).getByText('bob')).toBeTruthy();
    expect(within(table).getByText(/no job; 4 of 4 free/)).toBeTruthy();
    expect(within(table).queryByRole('button', { name: 'job 2' })).toBeNull();
    fireEvent.click(within(table).getByRole('button', { name: 'job 1' }));
    expect(store.shown.value).toBe('job:1');
  });

  it('shows hostile names as text', async () => {
    const hosts = [node(HOSTILE, { state: HOSTILE, properties: { [HOSTILE]: HOSTILE } })];
    const bad = job('1', {
      name: HOSTILE,
      owner: HOSTILE,
      state: HOSTILE,
      hosts: { [HOSTILE]: 1 },
    });
    show({ cluster: picture(hosts, [bad]) });
    await waitFor(() => expect(own()).toHaveLength(1));
    own()[0]!.focus();
    await waitFor(() => expect(screen.getByRole('tooltip').textContent).toContain(HOSTILE));
    fireEvent.click(screen.getByText('As a table'));
    await screen.findByRole('table');
    expect(screen.getAllByText(HOSTILE, { exact: false }).length).toBeGreaterThan(3);
    expect(document.querySelector('img')).toBeNull();
  });

  it('draws only the hosts in sight', async () => {
    const hosts = Array.from({ length: 1000 }, (_, n) => node(`node${n}`));
    const jobs = hosts.flatMap(({ name }, n) => [job(`${n}`, { hosts: { [name]: 1 } })]);
    show({ cluster: picture(hosts, jobs) });
    await waitFor(() => expect(own().length).toBeGreaterThan(5));
    expect(own().length).toBeLessThan(40);
    const body = document.querySelector('.poj-gantt-body')!;
    body.scrollTop = 24 * 500;
    fireEvent.scroll(body);
    await waitFor(() => expect(screen.getByText('node505')).toBeTruthy());
    expect(screen.queryByText('node1')).toBeNull();
  });
});
