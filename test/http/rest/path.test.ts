import { expect, test } from 'vitest';
import { readRestPath } from '../../../src/http/rest/path.ts';

const id = '0a1b2c3d-0000-4000-8000-00000000abcd';
const hex = id.replaceAll('-', '');

test.each([
  ['/customer/cartier/export', { brand: 'cartier', id: null, suffix: null }],
  ['/customer/cartier/export.jsonl', { brand: 'cartier', id: null, suffix: 'jsonl' }],
  ['/customer/cartier/export.xml', { brand: 'cartier', id: null, suffix: 'xml' }],
  ['/customer/van%20cleef/export', { brand: 'van cleef', id: null, suffix: null }],
  ['/customer/herm%C3%A8s/export', { brand: 'hermès', id: null, suffix: null }],
  ['/customer/a.b/export', { brand: 'a.b', id: null, suffix: null }],
  ['/customer/%7Bbrand%7D/export', { brand: '{brand}', id: null, suffix: null }],
  [`/customer/cartier/export/${id}`, { brand: 'cartier', id, suffix: null }],
  [
    `/customer/cartier/export/${hex.toUpperCase()}.json`,
    { brand: 'cartier', id: hex.toUpperCase(), suffix: 'json' },
  ],
])('%s leads somewhere', (path, route) => expect(readRestPath(path)).toEqual(route));

test.each([
  '/customer//export',
  '/customer/export',
  '/customer/cartier',
  '/customer/cartier/export/',
  '/customer/cartier/export.',
  '/customer/cartier/export.json.gz',
  '/customer/cartier/exports',
  '/customer/cartier/EXPORT',
  '/customer/cartier/export/42',
  `/customer/cartier/export/${id}/file`,
  `/customer/cartier/export.json/${id}`,
  `/customer/cartier/export/..%2F${id}`,
  '/customer/../export',
  '/customer/./export',
  '/customer/%2e%2E/export',
  '/customer/..%2F/export',
  '/customer/a%2Fb/export',
  '/customer/a%5Cb/export',
  '/customer/a\\b/export',
  '/customer/cartier%00/export',
  '/customer/cartier%0A/export',
  '/customer/%/export',
  '/customer/%E0%A4/export',
  '/customer/%ED%A0%80/export',
  '/customer/cartier/export%2Ejson',
])('%s leads nowhere', (path) => expect(readRestPath(path)).toBeNull());
