import { describe, expect, test } from 'vitest';
import { readViewer, TokenFault } from '../../src/auth/claims.ts';

const base = { sub: 'alice', exp: 2_000_000_000 };

describe('brands', () => {
  test.each<[string, unknown, '*' | string[]]>([
    ['a list is that list', ['cartier', 'piaget'], ['cartier', 'piaget']],
    ['a lone star is all', ['*'], '*'],
    ['a star among others is a code like them', ['cartier', '*'], ['cartier', '*']],
    ['an empty list is none', [], []],
    ['missing is none', undefined, []],
    ['null is none', null, []],
    ['a text is none', 'cartier', []],
    ['a star without a list is none', '*', []],
    ['a list with a number is none', ['cartier', 1], []],
    ['a list in a list is none', [['cartier']], []],
    ['an object is none', { 0: 'cartier' }, []],
  ])('%s', (_, brands, expected) => {
    expect(readViewer({ ...base, brands }).brands).toEqual(expected);
  });
});

describe('posCodes', () => {
  test.each<[string, unknown, string[] | null]>([
    ['missing is all', undefined, null],
    ['a list is that list', ['P1', 'P2'], ['P1', 'P2']],
    ['an empty list is none', [], []],
    ['a star is a code', ['*'], ['*']],
  ])('%s', (_, posCodes, expected) => {
    expect(readViewer({ ...base, posCodes }).posCodes).toEqual(expected);
  });

  test.each([null, 'P1', 7, {}, [7], ['P1', null]])('%j is refused, not widened to all', (posCodes) => {
    expect(() => readViewer({ ...base, posCodes })).toThrow(TokenFault);
  });
});

describe('scopes', () => {
  test.each<[string, object, string[]]>([
    [
      'a text with spaces',
      { scope: 'customers:read customers:export' },
      ['customers:read', 'customers:export'],
    ],
    ['a list', { scope: ['customers:read', 'exports:admin'] }, ['customers:read', 'exports:admin']],
    ['scp as a text', { scp: 'customers:read' }, ['customers:read']],
    ['scp as a list', { scp: ['customers:export'] }, ['customers:export']],
    ['scope goes before scp', { scope: 'customers:read', scp: 'exports:admin' }, ['customers:read']],
    ['unknown ones mean nothing', { scope: 'openid customers:write customers' }, []],
    ['commas do not separate', { scope: 'customers:read,customers:export' }, []],
    ['case matters', { scope: 'Customers:Read' }, []],
    ['missing is none', {}, []],
    ['a number is none', { scope: 7 }, []],
    ['a list with a number is none', { scope: ['customers:read', 7] }, []],
  ])('%s', (_, claims, expected) => {
    expect(readViewer({ ...base, ...claims }).scopes).toEqual(new Set(expected));
  });
});
