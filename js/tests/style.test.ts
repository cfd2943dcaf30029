import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../style');

it('dresses a class by itself in one file of the views only: none undresses another', () => {
  const files = new Map<string, Set<string>>();
  for (const file of readdirSync(FOLDER).filter((name) => name !== 'base.css')) {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/^(\.poj-[\w-]+) \{/gm)) {
      files.set(name, (files.get(name) ?? new Set()).add(file));
    }
  }
  expect(files.size).toBeGreaterThan(50);
  expect([...files].filter(([, where]) => where.size > 1).map(([name]) => name)).toEqual([]);
});
