import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { AskError } from '../src/channels/channel';
import type { Choice, Picked, Property, Site } from '../src/protocol';
import { NOTHING, levelNames, startWords, withLevel } from '../src/views/picker/choice';
import { readWalltime, walltimeText } from '../src/views/picker/hours';
import { PickerView } from '../src/views/picker/PickerView';
import { fakeHost, FakeChannel, hello, NOW, type Replies } from './channel';
import { mounted } from './mounted';

const HOSTILE = '<img src=x onerror="document.title=1">';

const CLUSTERS: Property = {
  name: 'cluster',
  numeric: false,
  values: [
    { value: 'dahu', resources: 64, free: 20 },
    { value: 'yeti', resources: 32, free: 0 },
  ],
};
const MEMORY: Property = {
  name: 'mem',
  numeric: true,
  values: [{ value: '128', resources: 96, free: 20 }],
};
const SITE: Site = {
  backend: 'oar',
  hosts: 12,
  resources: 96,
  free: 20,
  properties: [CLUSTERS, MEMORY],
  levels: ['host', 'core'],
  queues: ['default', 'production'],
  types: ['besteffort', 'idempotent'],
};

function picked(fields: Partial<Picked> = {}): Picked {
  return {
    words: '-l core=1',
    matching: { hosts: 12, resources: 96 },
    free: { hosts: 3, resources: 20 },
    start: 0,
    note: '',
    ...fields,
  };
}

/** Words that tell the choice apart. */
function wordsOf({ levels, conditions, walltime, types, rest }: Choice): string {
  const parts = levels.map(({ name, count }) => `${name}=${count || 'ALL'}`);
  const where = conditions.map((one) => `${one.property}${one.operator}${one.value}`);
  return [`-l ${parts.join('/')}`, walltime, ...where, ...types, rest].filter(Boolean).join(' ');
}

describe('the walltime', () => {
  it('is read as oarsub reads it, and written in full', () => {
    expect(['1:30:00', '2', '0:05', ''].map(readWalltime)).toEqual([5400, 7200, 300, 0]);
    expect(['1:60', 'soon', '1:2:3:4', '-1', '0:00'].map(readWalltime)).toEqual(
      Array(5).fill(null),
    );
    expect([5400, 45, 360_000, 0].map(walltimeText)).toEqual([
      '1:30:00',
      '0:00:45',
      '100:00:00',
      '',
    ]);
  });

  it('comes back from what was written', () => {
    for (let seconds = 1; seconds < 200_000; seconds += 997) {
      expect(readWalltime(walltimeText(seconds))).toBe(seconds);
    }
  });
});

describe('the levels', () => {
  it('stay in the site’s order, and come and go', () => {
    const core = withLevel(NOTHING, SITE, 'core', 4);
    const both = withLevel(core, SITE, 'host', 0);
    expect(both.levels).toEqual([
      { name: 'host', count: 0 },
      { name: 'core', count: 4 },
    ]);
    expect(withLevel(both, SITE, 'core', null).levels).toEqual([{ name: 'host', count: 0 }]);
  });

  it('keep one that the site does not tell of where it was asked', () => {
    const levels = ['switch', 'host', 'disk'].map((name) => ({ name, count: 1 }));
    expect(levelNames(SITE, { ...NOTHING, levels })).toEqual(['switch', 'host', 'disk', 'core']);
  });
});

describe('the start', () => {
  it('is told in words', () => {
    expect(startWords(picked(), NOW)).toBe('Starts now');
    expect(startWords(picked({ start: NOW + 1490 }), NOW)).toMatch(
      /^Starts in about 25 min \(.*\d+:\d\d.*\)$/,
    );
    expect(startWords(picked({ start: NOW + 20 }), NOW)).toBe('Starts now');
    expect(startWords(picked({ start: NOW + 40 * 3600 }), NOW)).toMatch(
      /^Starts in about 1 d 16 h \(.+\)$/,
    );
    expect(startWords(picked({ start: -2 }), NOW)).toBe('Never starts');
    expect(startWords(picked({ start: -1 }), NOW)).toBe('Start not known');
  });
});

describe('the view', () => {
  let channel: FakeChannel;

  beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }));
  afterEach(() => void vi.useRealTimers());

  function show(replies: Replies = {}, host = fakeHost()): ReturnType<typeof mounted> {
    channel = new FakeChannel({
      hello: hello({ backends: ['oar'] }),
      site: SITE,
      pick: ({ choice }) => picked({ words: wordsOf(choice) }),
      ...replies,
    });
    return mounted(<PickerView />, channel, { host });
  }
  const request = (): HTMLTextAreaElement => screen.getByLabelText('Request');
  const says = (words: string): Promise<void> => waitFor(() => expect(request().value).toBe(words));
  const lastChoice = (): Choice => channel.askedOf('pick').at(-1)!.choice;
  const button = (name: string): HTMLButtonElement => screen.getByRole('button', { name });

  it('begins with one of the innermost, and tells what matches and when', async () => {
    show();
    await waitFor(() => expect(screen.getByText('Starts now')).toBeTruthy());
    await says('-l core=1');
    expect(
      screen.getByText('Resources that match: 96, on hosts: 12. Free now: 20, whole hosts: 3.'),
    ).toBeTruthy();
  });

  it('says why it never starts', async () => {
    show({ pick: picked({ start: -2, note: 'The cluster has not enough such resources.' }) });
    await waitFor(() => expect(screen.getByText('Never starts')).toBeTruthy());
    expect(screen.getByText('The cluster has not enough such resources.')).toBeTruthy();
  });

  it('writes what the form says, and asks once for many clicks', async () => {
    show();
    await says('-l core=1');
    const before = channel.askedOf('pick').length;
    for (let n = 0; n < 5; n++) fireEvent.click(button('More: core'));
    await waitFor(() =>
      expect(screen.getByLabelText('How many: core')).toHaveProperty('value', '6'),
    );
    expect(button('Use in this cell').disabled).toBe(true); // its words are not known yet
    fireEvent.click(button('All: host'));
    await says('-l host=ALL/core=6');
    expect(channel.askedOf('pick').length).toBe(before + 1);
    fireEvent.click(button('Fewer: host'));
    fireEvent.click(button('1 h'));
    fireEvent.click(screen.getByLabelText('besteffort'));
    await says('-l core=6 3600 besteffort');
    fireEvent.change(screen.getByLabelText('Queue'), { target: { value: 'production' } });
    await waitFor(() => expect(lastChoice().queue).toBe('production'));
  });

  it('asks with conditions once they have a value', async () => {
    show();
    await says('-l core=1');
    fireEvent.click(button('+ condition'));
    const line = within(await screen.findByRole('group', { name: 'Condition 1' }));
    expect(line.getByText('dahu (20 of 64 free)')).toBeTruthy();
    expect(lastChoice().conditions).toEqual([]);
    fireEvent.change(line.getByLabelText('Value'), { target: { value: 'dahu' } });
    await says('-l core=1 cluster=dahu');
    fireEvent.change(line.getByLabelText('Property'), { target: { value: 'mem' } });
    fireEvent.change(await line.findByLabelText('Comparison'), { target: { value: '>=' } });
    fireEvent.input(line.getByLabelText('Value'), { target: { value: '128' } });
    await says('-l core=1 mem>=128');
    fireEvent.click(button('Remove condition 1'));
    await says('-l core=1');
  });

  it('reads words back into the form, with what it has no fields for', async () => {
    show({
      read: {
        levels: [
          { name: 'host', count: 2 },
          { name: 'core', count: 8 },
        ],
        conditions: [{ property: 'weather', operator: '=', value: 'fine' }],
        walltime: 5400,
        queue: 'night',
        types: ['besteffort', 'container=12'],
        rest: '--project brain',
      },
    });
    await says('-l core=1');
    fireEvent.input(request(), { target: { value: '-l host=2/core=8 …' } });
    await waitFor(() => expect(screen.getByText('--project brain')).toBeTruthy());
    expect(screen.getByLabelText<HTMLInputElement>('How many: host').value).toBe('2');
    expect(screen.getByText('on each host')).toBeTruthy();
    await waitFor(() =>
      expect(screen.getByLabelText<HTMLInputElement>(/^Walltime/).value).toBe('1:30:00'),
    );
    expect(screen.getByLabelText<HTMLSelectElement>('Queue').value).toBe('night');
    expect(screen.getByLabelText<HTMLInputElement>('container=12').checked).toBe(true);
    expect(screen.getByLabelText<HTMLSelectElement>('Property').value).toBe('weather');
    expect(request().value).toBe('-l host=2/core=8 …');
    fireEvent.click(button('Fewer: core'));
    await says('-l host=2/core=7 5400 weather=fine besteffort container=12 --project brain');
  });

  it('tells what is wrong with the words, and loses neither them nor the form', async () => {
    show({
      read: () => {
        throw new AskError({ message: 'There is no -z.', hint: 'Did you mean -t?' });
      },
    });
    await says('-l core=1');
    fireEvent.click(button('More: core'));
    await says('-l core=2');
    fireEvent.input(request(), { target: { value: '-l core=2 -z' } });
    await waitFor(() =>
      expect(screen.getByRole('alert').textContent).toContain('Did you mean -t?'),
    );
    expect(request().getAttribute('aria-invalid')).toBe('true');
    expect(request().value).toBe('-l core=2 -z');
    expect(screen.getByLabelText<HTMLInputElement>('How many: core').value).toBe('2');
    expect(button('Use in this cell').disabled).toBe(true);
    fireEvent.click(button('More: core'));
    await says('-l core=3');
    fireEvent.click(screen.getByText('Bring them back'));
    await says('-l core=2 -z');
  });

  it('leaves a number alone while it is typed, though an answer comes', async () => {
    let tell = (): void => undefined;
    show({
      pick: ({ choice }) =>
        new Promise((done) => (tell = () => done(picked({ words: wordsOf(choice) })))),
    });
    const field = await waitFor(() => screen.getByLabelText<HTMLInputElement>('How many: core'));
    await waitFor(() => expect(channel.askedOf('pick')).toHaveLength(1));
    fireEvent.input(field, { target: { value: '25' } });
    tell();
    await says('-l core=1');
    expect(field.value).toBe('25');
    fireEvent.change(field);
    await waitFor(() => expect(lastChoice().levels).toEqual([{ name: 'core', count: 25 }]));
    fireEvent.input(field, { target: { value: 'many' } });
    fireEvent.change(field);
    await waitFor(() => expect(field.value).toBe('25'));
  });

  it('drops answers that come late', async () => {
    const waiting: { choice: Choice; tell: (answer: Picked) => void }[] = [];
    show({ pick: ({ choice }) => new Promise((tell) => waiting.push({ choice, tell })) });
    await waitFor(() => expect(waiting).toHaveLength(1));
    fireEvent.click(button('More: core'));
    await waitFor(() => expect(waiting).toHaveLength(2));
    waiting[1]!.tell(picked({ words: wordsOf(waiting[1]!.choice), start: -1 }));
    await says('-l core=2');
    waiting[0]!.tell(picked({ words: 'late' }));
    await vi.advanceTimersByTimeAsync(50);
    expect(request().value).toBe('-l core=2');
    expect(screen.getByText('Start not known')).toBeTruthy();
  });

  it('asks again in a while, and not while it waits for an answer', async () => {
    const tell: ((answer: Picked) => void)[] = [];
    show({ pick: () => new Promise((answer) => tell.push(answer)) });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(tell).toHaveLength(1);
    tell[0]!(picked());
    await says('-l core=1');
    await vi.advanceTimersByTimeAsync(31_000);
    expect(tell).toHaveLength(2);
  });

  it('keeps a walltime that is being written, and says how to write it', async () => {
    show();
    await says('-l core=1');
    const field = screen.getByLabelText<HTMLInputElement>(/^Walltime/);
    fireEvent.input(field, { target: { value: '1:9x' } });
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('1:30:00'));
    expect(field.value).toBe('1:9x');
    expect(lastChoice().walltime).toBe(0);
    fireEvent.input(field, { target: { value: '2:15' } });
    await says('-l core=1 8100');
    expect(field.value).toBe('2:15');
  });

  it('puts the words into the cell, says so, and keeps them for later', async () => {
    const used: string[] = [];
    const host = fakeHost({ 'picker.recent': ['-l gpu=1', 7, ''] });
    host.useInCell = (words) => {
      used.push(words);
      return Promise.resolve('placed');
    };
    show({}, host);
    await says('-l core=1');
    await waitFor(() => expect(button('Use in this cell').disabled).toBe(false));
    fireEvent.click(button('Use in this cell'));
    await waitFor(() => expect(screen.getByText(/first line of the cell/)).toBeTruthy());
    expect(used).toEqual(['-l core=1']);
    expect(host.all['picker.recent']).toEqual(['-l core=1', '-l gpu=1']);
    fireEvent.click(button('-l gpu=1'));
    await says('-l gpu=1');
    expect(screen.queryByText(/first line of the cell/)).toBeNull();
  });

  it('says where the words went when there is no cell', async () => {
    show();
    await says('-l core=1');
    await waitFor(() => expect(button('Use in this cell').disabled).toBe(false));
    fireEvent.click(button('Use in this cell'));
    await waitFor(() => expect(screen.getByText(/^Copied: paste it/)).toBeTruthy());
  });

  it('says why the words could not be put into the cell', async () => {
    const host = fakeHost();
    const problem = { message: 'The service chooses.', hint: 'Use --cpus.' };
    host.useInCell = () => Promise.reject(new AskError(problem));
    show({}, host);
    await says('-l core=1');
    await waitFor(() => expect(button('Use in this cell').disabled).toBe(false));
    fireEvent.click(button('Use in this cell'));
    await waitFor(() => expect(screen.getByText('The service chooses. Use --cpus.')).toBeTruthy());
    expect(host.all['picker.recent']).toBeUndefined();
  });

  it('is as it was left when one comes back', async () => {
    const { comeBack } = show();
    await says('-l core=1');
    fireEvent.click(button('More: core'));
    await says('-l core=2');
    cleanup();
    comeBack();
    await says('-l core=2');
  });

  it('tells when the site or the scheduler does not answer, and tries again', async () => {
    let works = false;
    show({
      site: () => {
        if (works) return SITE;
        throw new AskError({ message: 'No oarnodes here.', hint: 'Load the module.' });
      },
      pick: () => {
        throw new AskError({ message: 'There is no property gpu.', hint: 'See oarnodes.' });
      },
    });
    await waitFor(() =>
      expect(screen.getByRole('alert').textContent).toContain('Load the module.'),
    );
    works = true;
    fireEvent.click(button('Try again'));
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('See oarnodes.'));
    expect(button('Use in this cell').disabled).toBe(true);
  });

  it('shows hostile names as text', async () => {
    const values = [{ value: HOSTILE, resources: 1, free: 1 }];
    show(
      {
        site: {
          ...SITE,
          properties: [{ name: HOSTILE, numeric: false, values }],
          levels: [HOSTILE],
          queues: [HOSTILE],
          types: [HOSTILE],
        },
        pick: picked({ words: HOSTILE, start: -2, note: HOSTILE }),
      },
      fakeHost({ 'picker.recent': [HOSTILE] }),
    );
    await says(HOSTILE);
    fireEvent.click(button('+ condition'));
    await screen.findByRole('group', { name: 'Condition 1' });
    expect(screen.getAllByText(HOSTILE, { exact: false }).length).toBeGreaterThan(5);
    expect(document.querySelector('img')).toBeNull();
  });
});
