import { expect, test } from 'vitest';
import { createIdSet } from '../../../src/customers/import/ids.ts';
import { fc } from '../../support/fast-check.ts';

test('an id is new the first time alone, whichever it is', () => {
  const id = fc.oneof(
    fc.integer(),
    fc.integer({ min: -9, max: 9 }),
    fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 65_535, 65_536, -65_536, -65_537),
  );
  fc.assert(
    fc.property(fc.array(id, { maxLength: 200 }), (ids) => {
      const set = createIdSet();
      expect(ids.map((id) => set.add(id))).toEqual(ids.map((id, n) => ids.indexOf(id) === n));
    }),
  );
});
