import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

function keys(file: string): string[] {
  const schema = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as {
    properties: Record<string, unknown>;
  };
  return Object.keys({ ...schema, ...schema.properties });
}

it('tells the settings’ page what it looks for', () => {
  const theirs = keys('node_modules/@jupyterlab/settingregistry/lib/plugin-schema.json');
  const ours = keys('schema/monitor.json').filter((name) => name.startsWith('jupyter.lab.'));
  expect(ours).not.toEqual([]);
  expect(theirs).toEqual(expect.arrayContaining(ours));
});
