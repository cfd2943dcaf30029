import type { RenderProps } from '@anywidget/types';
import { afterEach, expect, test, vi } from 'vitest';

import { cellHost } from '../src/cell/host';
import widget from '../src/cell';
import type { Message, Question } from '../src/protocol';

/** How long anything may take on a loaded machine, in milliseconds. */
const PATIENCE = 20_000;

/** The model of a widget whose kernel answers from a table. */
class Model {
  readonly traits: Record<string, unknown> = { view: 'picker', spool: 'here', words: '' };
  readonly asked: string[] = [];
  saved = 0;
  private listeners = new Set<(message: Message) => void>();

  constructor(private readonly answers: Record<string, unknown>) {}

  get(name: string): unknown {
    return this.traits[name];
  }

  set(name: string, value: unknown): void {
    this.traits[name] = value;
  }

  save_changes(): void {
    this.saved += 1;
  }

  on(_event: string, listener: (message: Message) => void): void {
    this.listeners.add(listener);
  }

  off(_event: string, listener: (message: Message) => void): void {
    this.listeners.delete(listener);
  }

  send({ id, ask }: Question): void {
    this.asked.push(ask);
    queueMicrotask(() => {
      for (const listener of this.listeners) listener({ id, answer: this.answers[ask] ?? null });
    });
  }

  get heard(): number {
    return this.listeners.size;
  }
}

const SITE = {
  backend: 'local', hosts: 2, resources: 8, free: 8, properties: [], levels: ['host', 'core'],
  queues: ['default'], types: [],
}; // prettier-ignore
const PICKED = {
  words: '-l host=1', matching: { hosts: 2, resources: 8 }, free: { hosts: 2, resources: 8 },
  start: 0, note: '',
}; // prettier-ignore
const HELLO = {
  version: '1', spool: 'here', user: 'me', now: 0, backend: 'local', backends: ['local'],
}; // prettier-ignore

afterEach(() => vi.unstubAllGlobals());

test('without a server the kernel answers, and hears what was picked', async () => {
  const model = new Model({ hello: HELLO, site: SITE, pick: PICKED });
  const el = document.createElement('div');
  document.body.append(el);
  const remove = await widget.render({ model, el } as unknown as RenderProps<never>);
  await vi.waitFor(() => expect(model.asked).toContain('hello'), PATIENCE);
  await vi.waitFor(() => expect(model.traits.words).toBe('-l host=1'), PATIENCE);
  expect(model.saved).toBeGreaterThan(0);
  expect(el.childElementCount).toBeGreaterThan(0);
  remove();
  expect(el.childElementCount).toBe(0);
  expect(model.heard).toBe(0);
});

test('without JupyterLab, words go to the clipboard, and no notebook is found', async () => {
  const writeText = vi.fn(() => Promise.resolve());
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  expect(await cellHost.useInCell('-l core=1')).toBe('copied');
  expect(writeText).toHaveBeenCalledWith('-l core=1');
  expect(await cellHost.goTo({ notebook: 'a.ipynb', cellId: 'b', label: 'cell 1' })).toBe(false);
});

test('where a page has no clipboard, words are copied from a field, if the page may', async () => {
  vi.stubGlobal('navigator', {});
  const page = document as unknown as { execCommand?: () => boolean };
  page.execCommand = () => false;
  expect(await cellHost.useInCell('-l core=1')).toBe('impossible');
  let copied = '';
  page.execCommand = () => {
    copied = (document.activeElement as HTMLTextAreaElement).value;
    return true;
  };
  expect(await cellHost.useInCell('-l core=2')).toBe('copied');
  expect(copied).toBe('-l core=2');
  delete page.execCommand;
});

test('a choice is kept, and a page that keeps nothing is no trouble', async () => {
  cellHost.keep('columns', ['name']);
  expect(await cellHost.kept('columns')).toEqual(['name']);
  expect(await cellHost.kept('other')).toBeNull();
  vi.stubGlobal('localStorage', undefined);
  cellHost.keep('columns', []);
  expect(await cellHost.kept('columns')).toBeNull();
});
