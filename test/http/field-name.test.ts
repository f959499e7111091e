import { expect, test } from 'vitest';
import { fieldName } from '../../src/http/field-name.ts';

test.each([
  [['filter', 'posCodes', '1'], 'posCodes[1]'],
  [['filter', 'interests', '0', 'sapInterestId'], 'interests[0].sapInterestId'],
  [['filter', 'email'], 'email'],
  [['downloadRequestId'], 'downloadRequestId'],
  [['filter', 'filter'], 'filter'],
  [['filter'], 'filter'],
  [[], ''],
])('%j is called %j on the page', (path, name) => expect(fieldName(path)).toBe(name));
