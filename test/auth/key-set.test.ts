import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Authenticator, openAuthenticator } from '../../src/auth/token.ts';
import { AccessError, Unavailable } from '../../src/errors.ts';
import {
  audience,
  issuer,
  type KeyServer,
  makeKey,
  type SigningKey,
  serveKeys,
  signToken,
} from '../support/tokens.ts';

let [first, second, stranger]: SigningKey[] = [];
let server: KeyServer;
let authenticator: Authenticator;

beforeAll(async () => {
  [first, second, stranger] = await Promise.all([makeKey('ES256'), makeKey('ES256'), makeKey('ES256')]);
});
beforeEach(async () => {
  // Only the clock: sockets and promises run as they do.
  vi.useFakeTimers({ toFake: ['Date'] });
  server = await serveKeys([taken(first)]);
  authenticator = await openAuthenticator(
    { kind: 'jwks', url: server.url, issuer, audience },
    pino({ level: 'silent' }),
  );
});
afterEach(async () => {
  vi.useRealTimers();
  await server[Symbol.asyncDispose]();
});

function taken(key: SigningKey | undefined): SigningKey {
  if (!key) throw new Error('The keys are not made yet.');
  return key;
}

function pass(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
}

/** Whether a new token of this key is taken now; null when nobody can tell. */
async function takes(key: SigningKey | undefined, header: object = {}): Promise<boolean | null> {
  try {
    await authenticator.authenticate(`Bearer ${await signToken(taken(key), {}, { ...header })}`);
    return true;
  } catch (error) {
    if (error instanceof AccessError) return false;
    if (error instanceof Unavailable) return null;
    throw error;
  }
}

test('keys are fetched once, when first needed', async () => {
  expect(server.requests()).toBe(0);
  expect(await Promise.all(Array.from({ length: 50 }, () => takes(first)))).not.toContain(false);
  expect(await takes(first)).toBe(true);
  expect(server.requests()).toBe(1);
});

test('a thousand unknown keys cost at most two requests in a minute', async () => {
  expect(await takes(first)).toBe(true);
  for (let count = 0; count < 1_000; count++) {
    if (count % 100 === 0) pass(5.9);
    expect(await takes(stranger, { kid: `random-${count}` })).toBe(false);
  }
  expect(server.requests() - 1).toBeLessThanOrEqual(2);
  expect(await takes(first)).toBe(true);
});

test('a thousand unknown keys cost at most two requests in a minute while the issuer is down', async () => {
  expect(await takes(first)).toBe(true);
  server.setDown(true);
  for (let count = 0; count < 1_000; count++) {
    if (count % 100 === 0) pass(5.9);
    expect(await takes(stranger, { kid: `random-${count}` })).toBe(false);
  }
  expect(server.requests() - 1).toBeLessThanOrEqual(2);
});

test('known keys work while the issuer is down for an hour, and it is asked at most twice a minute', async () => {
  expect(await takes(first)).toBe(true);
  server.setDown(true);
  for (let minute = 0; minute < 60; minute++) {
    for (let part = 0; part < 6; part++) {
      pass(10);
      expect(await takes(first)).toBe(true);
    }
  }
  expect(await takes(second)).toBe(false);
  expect(server.requests()).toBeLessThanOrEqual(1 + 2 * 60);
  expect(server.requests()).toBeGreaterThan(50);
});

test('known keys work while the issuer cannot be reached at all', async () => {
  expect(await takes(first)).toBe(true);
  await server[Symbol.asyncDispose]();
  pass(3_600);
  expect(await takes(first)).toBe(true);
});

test('keys that nobody could confirm for a day are not trusted any longer', async () => {
  expect(await takes(first)).toBe(true);
  server.setDown(true);
  pass(23 * 3_600);
  expect(await takes(first)).toBe(true);
  pass(3_601);
  expect(await takes(first)).toBe(null);
});

test('nobody gets in before the first keys are there, and soon after they are', async () => {
  server.setDown(true);
  expect(await Promise.all([takes(first), takes(first), takes(first)])).toEqual([null, null, null]);
  expect(server.requests()).toBe(1);
  server.setDown(false);
  pass(5);
  expect(await takes(first)).toBe(true);
});

test('a new key is taken 31 seconds after it appears', async () => {
  expect(await takes(first)).toBe(true);
  server.serve([taken(first), taken(second)]);
  expect(await takes(second)).toBe(false);
  pass(31);
  expect(await takes(second)).toBe(true);
  expect(await takes(first)).toBe(true);
});

test('a key that was taken out of the set is refused ten minutes later', async () => {
  expect(await takes(first)).toBe(true);
  server.serve([taken(second)]);
  pass(600);
  expect(await takes(first)).toBe(false);
  expect(await takes(second)).toBe(true);
});

test('a token without kid is taken while several keys are about', async () => {
  server.serve([taken(first), taken(second)]);
  expect(await takes(first, { kid: undefined })).toBe(true);
  expect(await takes(second, { kid: undefined })).toBe(true);
  expect(await takes(stranger, { kid: undefined })).toBe(false);
});
