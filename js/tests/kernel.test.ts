import type { AnyModel } from '@anywidget/types';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { ChannelState } from '../src/channels/channel';
import { kernelChannel } from '../src/channels/kernel';
import type { Message, Question } from '../src/protocol';

/** What a widget's page knows of its kernel's side. */
class Model {
  sent: Question[] = [];
  private listeners = new Set<(message: Message) => void>();

  on(_event: string, listener: (message: Message) => void): void {
    this.listeners.add(listener);
  }

  off(_event: string, listener: (message: Message) => void): void {
    this.listeners.delete(listener);
  }

  send(question: Question): void {
    this.sent.push(question);
  }

  say(message: Message): void {
    for (const listener of this.listeners) listener(message);
  }
}

const open = (model: Model) => kernelChannel(model as unknown as AnyModel);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a question goes to the kernel and its answer comes back', async () => {
  const model = new Model();
  const channel = open(model);
  const words = channel.ask('read', { words: '-l core=1' });
  const { id, ...asked } = model.sent[0]!;
  expect(asked).toEqual({ ask: 'read', with: { words: '-l core=1' } });
  model.say({ id, answer: { queue: 'default' } });
  await expect(words).resolves.toEqual({ queue: 'default' });
});

test('a kernel that says nothing for long is lost until it speaks', () => {
  const model = new Model();
  const channel = open(model);
  const states: ChannelState[] = [];
  channel.onState((state) => states.push(state));
  void channel.ask('hello', {});
  vi.advanceTimersByTime(19_000);
  model.say({ push: 'trouble', message: '' }); // at work, but there
  vi.advanceTimersByTime(19_000);
  expect(states).toEqual(['open']);
  vi.advanceTimersByTime(2_000);
  expect(states).toEqual(['open', 'lost']);
  model.say({ id: model.sent[0]!.id, answer: {} });
  vi.advanceTimersByTime(60_000);
  expect(states).toEqual(['open', 'lost', 'open']);
});

test('two pages that share a comm do not take each other’s answers', async () => {
  const model = new Model();
  const [one, other] = [open(model), open(model)];
  const asked = [one.ask('read', { words: 'a' }), other.ask('read', { words: 'b' })];
  for (const { id, with: given } of model.sent) model.say({ id, answer: given });
  await expect(Promise.all(asked)).resolves.toEqual([{ words: 'a' }, { words: 'b' }]);
});

test('once closed it hears nothing', () => {
  const model = new Model();
  const channel = open(model);
  const heard = vi.fn();
  channel.onPush(heard);
  channel.close();
  model.say({ push: 'trouble', message: '' });
  expect(heard).not.toHaveBeenCalled();
});
