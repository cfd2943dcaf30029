import { expect, test } from 'vitest';

import { rewrite } from '../src/lab/rewrite';

test('what is written while the answer is on its way stays', async () => {
  let text = 'a = 1';
  const asked: string[] = [];
  const change = (source: string): Promise<string> => {
    asked.push(source);
    if (asked.length === 1) text = 'a = 12';
    return Promise.resolve(`%%oar\n${source}`);
  };
  const source = {
    getSource: () => text,
    setSource: (set: string) => {
      text = set;
    },
  };
  await rewrite(source, change);
  expect(text).toBe('%%oar\na = 12');
  expect(asked).toEqual(['a = 1', 'a = 12']);
});

test('what can’t be changed stays as it is', async () => {
  const source = {
    getSource: () => 'a = 1',
    setSource: () => expect.unreachable(),
  };
  const change = (): Promise<string> => Promise.reject(new Error('no'));
  await expect(rewrite(source, change)).rejects.toThrow('no');
});
