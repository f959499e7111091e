import { expect, test } from 'vitest';
import { routeName } from '../../src/http/route-name.ts';

test.each([
  ['/graphql?query={brands{code}}', '/graphql'],
  ['/health/live', '/health/live'],
  ['/metrics', '/metrics'],
  ['/customer/cartier/export?format=json', '/customer/{brand}/export'],
  ['/customer/cartier/export.jsonl', '/customer/{brand}/export'],
  ['/customer/cartier/export/0acc32c805aa4eb5982b0233e7b32012', '/customer/{brand}/export/{asyncTaskId}'],
  ['/exports/anything/file?signature=s', '/exports/{asyncTaskId}/file'],
  ['/customer/cartier', 'other'],
  ['/customer/%/export', 'other'],
  ['/graphql/ann@example.com', 'other'],
  ['', 'other'],
])('%s is %s', (url, name) => {
  expect(routeName(url)).toBe(name);
});
