import { expect, test } from 'vitest';

import { AskError } from '../src/channels/channel';
import { cellHost } from '../src/cell/host';
import { answerCells } from '../src/lab/cells';
import { fakeHost } from './channel';

const origin = { notebook: 'a.ipynb', cellId: 'b', label: 'cell 1' };

test('a cell’s output hears what JupyterLab did, and why it could not', async () => {
  const host = fakeHost();
  const heard: unknown[] = [];
  answerCells(host);
  host.useInCell = (words) => {
    heard.push(words);
    return Promise.resolve('placed');
  };
  host.goTo = (to) => {
    heard.push(to);
    return Promise.resolve(true);
  };
  expect(await cellHost.useInCell('-l core=1')).toBe('placed');
  expect(await cellHost.goTo(origin)).toBe(true);
  expect(heard).toEqual(['-l core=1', origin]);

  host.useInCell = () => Promise.resolve('impossible');
  host.goTo = () => Promise.resolve(false);
  expect(await cellHost.useInCell('-l core=1')).toBe('impossible');
  expect(await cellHost.goTo(origin)).toBe(false);

  host.useInCell = () => Promise.reject(new AskError({ message: 'Not in here.', hint: '' }));
  await expect(cellHost.useInCell('-l core=1')).rejects.toThrow('Not in here.');
});
