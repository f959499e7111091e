import { expect, test } from 'vitest';
import { readLegacyDate } from '../../../src/http/rest/dates.ts';

test.each([
  ['/Date(1640995200000)/', '2022-01-01T00:00:00.000Z'],
  ['/Date(0)/', '1970-01-01T00:00:00.000Z'],
  ['/Date(-1)/', '1969-12-31T23:59:59.999Z'],
  ['/Date(-62135596800000-0000)/', '0001-01-01T00:00:00.000Z'],
  ['/Date(253402300799999)/', '9999-12-31T23:59:59.999Z'],
  ['\\/Date(1640995200000)\\/', '2022-01-01T00:00:00.000Z'],
  [' /Date(1640995200000)/ ', '2022-01-01T00:00:00.000Z'],
])('%s is the instant %s', (text, instant) => expect(readLegacyDate(text)).toBe(instant));

test.each(['+0100', '-0830', '+0000', '-0000'])(
  'the offset %s says where the writer stood, and moves nothing',
  (offset) => {
    expect(readLegacyDate(`/Date(1640995200000${offset})/`)).toBe('2022-01-01T00:00:00.000Z');
  },
);

test.each([
  '2022-01-01',
  '2022-01-01T10:00:00+01:00',
  '',
  '/Date()/',
  '/Date(1.5)/',
  '/Date(1640995200000+1)/',
  '/Date(1640995200000 0100)/',
  '/Date(1640995200000+9999)/',
  '/Date(1640995200000+0160)/',
  '/Date(9999999999999999)/',
  '/Date(99999999999999999999)/',
  'Date(1640995200000)',
  '/Date(1640995200000)/ and more',
])('%j is none of these dates and stays for the filter to judge', (text) => {
  expect(readLegacyDate(text)).toBe(text);
});
