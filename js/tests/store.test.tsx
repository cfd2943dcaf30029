import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { AskError } from '../src/channels/channel';
import { makeStore, type Store } from '../src/store';
import { FakeChannel, hello, NOW, row } from './channel';

let store: Store | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: (NOW - 5000) * 1000 }); // this side's clock is wrong
});

afterEach(() => {
  store?.dispose();
  vi.useRealTimers();
});

async function met(channel: FakeChannel): Promise<Store> {
  store = makeStore(channel);
  await vi.advanceTimersByTimeAsync(0);
  return store;
}

describe('the store', () => {
  it('asks who is there, and follows, each time that the channel opens', async () => {
    const channel = new FakeChannel({ hello: hello({ user: 'eve' }) });
    const { hello: who } = await met(channel);
    expect(who.value?.user).toBe('eve');
    channel.become('lost');
    channel.become('open');
    await vi.advanceTimersByTimeAsync(0);
    expect(channel.asked.map(({ verb }) => verb)).toEqual(['hello', 'follow', 'hello', 'follow']);
  });

  it('keeps the rows that did not change, and replaces the map', async () => {
    const channel = new FakeChannel();
    const { rows } = await met(channel);
    channel.whole([row({ key: 'job:1' }), row({ key: 'job:2' }), row({ key: 'job:3' })]);
    const before = rows.value;
    channel.change([{ key: 'job:2', state: 'Terminated', tone: 'done' }], ['job:3']);
    expect(rows.value).not.toBe(before);
    expect([...rows.value.keys()]).toEqual(['job:1', 'job:2']);
    expect(rows.value.get('job:1')).toBe(before.get('job:1'));
    expect(rows.value.get('job:2')).toMatchObject({ tone: 'done', name: 'a cell' });
    expect(before.get('job:2')?.tone).toBe('running');
  });

  it('keeps them when all rows are sent anew, too', async () => {
    const channel = new FakeChannel();
    const { rows } = await met(channel);
    channel.whole([row({ counts: { done: 1 } }), row({ key: 'job:2' })]);
    const before = rows.value.get('job:1');
    channel.whole([row({ counts: { done: 1 } })]);
    expect(rows.value.get('job:1')).toBe(before);
    expect(rows.value.size).toBe(1);
  });

  it('leaves out a part of a row that was never sent', async () => {
    const channel = new FakeChannel();
    const { rows } = await met(channel);
    channel.change([{ key: 'job:9', progress: 0.5 }]);
    expect(rows.value.size).toBe(0);
  });

  it("tells the other side's time, second by second", async () => {
    const { now } = await met(new FakeChannel());
    expect(now.value).toBe(NOW);
    vi.advanceTimersByTime(3000);
    expect(now.value).toBe(NOW + 3);
  });

  it('follows what is opened, and everybody', async () => {
    const channel = new FakeChannel();
    const it = await met(channel);
    it.open('run:1', true);
    it.open('run:1', true);
    it.setEveryone(true);
    it.open('run:1', false);
    expect(channel.askedOf('follow').slice(1)).toEqual([
      { everyone: false, opened: ['run:1'] },
      { everyone: true, opened: ['run:1'] },
      { everyone: true, opened: [] },
    ]);
  });

  it('tells a refusal as trouble until it works', async () => {
    let works = false;
    const channel = new FakeChannel({
      follow: () => {
        if (!works) throw new AskError({ message: 'Not allowed.', hint: '' });
        return null;
      },
    });
    const it = await met(channel);
    expect(it.trouble.value).toBe('Not allowed.');
    works = true;
    it.setEveryone(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(it.trouble.value).toBe('');
    channel.push({ push: 'trouble', message: 'OAR does not answer.' });
    expect(it.trouble.value).toBe('OAR does not answer.');
  });

  it('forgets a trouble that the other side, asked anew, does not tell', async () => {
    const channel = new FakeChannel();
    const it = await met(channel);
    channel.whole([]);
    channel.push({ push: 'trouble', message: 'OAR does not answer.' });
    channel.change([row()]);
    expect(it.trouble.value).toBe('OAR does not answer.');
    channel.become('lost');
    channel.become('open');
    channel.whole([]);
    expect(it.trouble.value).toBe('');
  });
});
