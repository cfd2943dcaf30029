import { expect, it } from 'vitest';

import { columnOf, usual } from '../src/views/jobs/columns';
import { NARROW } from '../src/views/jobs/table';

it('shows no more columns than there is room for', () => {
  for (let width = NARROW; width < 2000; width += 1) {
    const needed = usual(width).reduce((sum, id) => sum + (columnOf(id)?.width ?? 0), 26);
    expect(needed).toBeLessThanOrEqual(width);
  }
});
