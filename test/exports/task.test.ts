import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  comingFrom,
  countAttempts,
  hasOneAttemptLeft,
  isTerminal,
  MAX_ATTEMPTS,
  moves,
  statuses,
  tellAttempts,
  unfinished,
} from '../../src/exports/task.ts';

describe('the states of a task', () => {
  test('are known without any other file', () => {
    const file = new URL('../../src/exports/task.ts', import.meta.url);
    expect(readFileSync(file, 'utf8')).not.toMatch(/^\s*import|\bfrom '/m);
  });

  test('that are terminal lead nowhere, except that a file expires', () => {
    for (const status of statuses.filter(isTerminal)) {
      expect(moves[status]).toEqual(status === 'COMPLETED' ? ['EXPIRED'] : []);
    }
  });

  test('are terminal or unfinished', () => {
    expect(statuses.filter((status) => isTerminal(status) === unfinished.includes(status))).toEqual([]);
  });

  test('can all be reached from CREATED', () => {
    const reached = new Set(['CREATED']);
    for (let before = 0; before < reached.size; ) {
      before = reached.size;
      for (const status of statuses)
        if (reached.has(status)) for (const next of moves[status]) reached.add(next);
    }
    expect(reached).toEqual(new Set(statuses));
  });

  test('are guarded by those that they come from', () => {
    expect(comingFrom('COMPLETED')).toEqual(['RUNNING']);
    expect(comingFrom('RUNNING')).toEqual(['CREATED', 'RUNNING']);
    expect(comingFrom('CANCELED')).toEqual(['CREATED', 'CANCELING']);
    expect(comingFrom('EXPIRED')).toEqual(['COMPLETED']);
  });
});

describe('attempts', () => {
  test('that an orderly stop gave back do not count', () => {
    expect(countAttempts({ attempt: 5, returns: 3 })).toBe(2);
  });

  test('that were given back are told while they wait to be taken up again', () => {
    expect(tellAttempts({ attempt: 0, returns: 0, status: 'CREATED' })).toBe(0);
    expect(tellAttempts({ attempt: 1, returns: 0, status: 'RUNNING' })).toBe(1);
    expect(tellAttempts({ attempt: 1, returns: 1, status: 'CREATED' })).toBe(1);
    expect(tellAttempts({ attempt: 2, returns: 1, status: 'RUNNING' })).toBe(1);
  });

  test('come to an end', () => {
    expect(hasOneAttemptLeft({ attempt: MAX_ATTEMPTS - 1, returns: 0 })).toBe(true);
    expect(hasOneAttemptLeft({ attempt: MAX_ATTEMPTS - 1, returns: 1 })).toBe(false);
    expect(hasOneAttemptLeft({ attempt: MAX_ATTEMPTS, returns: 1 })).toBe(true);
  });
});
