import { createHmac, createSign } from 'node:crypto';
import { exportPKCS8 } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Authenticator, openAuthenticator } from '../../src/auth/token.ts';
import { anonymous } from '../../src/auth/viewer.ts';
import { AccessError } from '../../src/errors.ts';
import { openLog } from '../../src/log.ts';
import {
  audience,
  issuer,
  type KeyServer,
  makeKey,
  type SigningKey,
  secondsFromNow,
  serveKeys,
  signToken,
} from '../support/tokens.ts';

const silent = pino({ level: 'silent' });

let key: SigningKey;
let stranger: SigningKey;
let server: KeyServer;
let attacker: KeyServer;
let authenticator: Authenticator;
/** Signs what is put together by hand as the issuer: a refusal is then for what the token says. */
let rsa: (input: string) => string;

beforeAll(async () => {
  [key, stranger] = await Promise.all([makeKey(), makeKey()]);
  [server, attacker] = await Promise.all([serveKeys([key]), serveKeys([stranger])]);
  authenticator = await openAuthenticator({ kind: 'jwks', url: server.url, issuer, audience }, silent);
  const pem = await exportPKCS8(key.privateKey);
  rsa = (input) => createSign('RSA-SHA256').update(input).sign(pem, 'base64url');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await attacker[Symbol.asyncDispose]();
});

const viewerOf = (token: string) => authenticator.authenticate(`Bearer ${token}`);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token put together by hand, as an attacker would; `sign` makes the signature's text. */
function forge(header: object, claims: object, sign: (input: string) => string): string {
  const usual = { iss: issuer, aud: audience, sub: 'mallory', exp: secondsFromNow(300), brands: ['*'] };
  const input = `${base64url(header)}.${base64url({ ...usual, ...claims })}`;
  return `${input}.${sign(input)}`;
}

const hmac = (secret: string) => (input: string) =>
  createHmac('sha256', secret).update(input).digest('base64url');

/** The refusal, which is the same for everything that is wrong. */
const refusal = new AccessError('UNAUTHENTICATED', 'This needs a valid bearer token.');

test('a caller is who its token says', async () => {
  const exp = secondsFromNow(120);
  const token = await signToken(key, {
    sub: 'bob',
    exp,
    brands: ['cartier', 'piaget'],
    posCodes: ['P1'],
    scope: 'openid customers:read exports:admin',
  });
  expect(await viewerOf(token)).toEqual({
    subject: 'bob',
    brands: ['cartier', 'piaget'],
    posCodes: ['P1'],
    scopes: new Set(['customers:read', 'exports:admin']),
    expiresAt: new Date(exp * 1000),
  });
});

test('an open server takes everyone for the same caller, whatever the header says', async () => {
  const open = await openAuthenticator({ kind: 'open' }, silent);
  for (const header of [null, undefined, '', 'Bearer nonsense', 'Basic YTpi']) {
    expect(await open.authenticate(header)).toBe(anonymous);
  }
  expect(anonymous).toMatchObject({ brands: '*', posCodes: null, expiresAt: null });
});

describe('a header is refused when it is', () => {
  test.each<[string, (token: string) => string | null | undefined]>([
    ['missing', () => undefined],
    ['null', () => null],
    ['empty', () => ''],
    ['a scheme alone', () => 'Bearer'],
    ['a scheme and a space', () => 'Bearer '],
    ['a token alone', (token) => token],
    ['garbage', () => 'Bearer garbage'],
    ['of another scheme', (token) => `Basic ${token}`],
    ['of a longer scheme', (token) => `XBearer ${token}`],
    ['two tokens', (token) => `Bearer ${token} ${token}`],
    ['two headers', (token) => `Bearer ${token}, Bearer ${token}`],
    ['followed by a line', (token) => `Bearer ${token}\n`],
    ['not ASCII', (token) => `Bearer ${token}é`],
    ['64 kB long', () => `Bearer ${'a'.repeat(65_536)}`],
    ['a good token after 64 kB of spaces', (token) => `Bearer${' '.repeat(65_536)}${token}`],
  ])('%s', async (_, header) => {
    await expect(authenticator.authenticate(header(await signToken(key)))).rejects.toEqual(refusal);
  });
});

test.each(['Bearer', 'bearer', 'BEARER'])('the scheme %s is understood', async (scheme) => {
  expect(await authenticator.authenticate(`${scheme} ${await signToken(key)}`)).toMatchObject({
    subject: 'alice',
  });
});

describe('a token is refused when', () => {
  test.each<[string, () => Promise<string> | string]>([
    ['it has expired', () => signToken(key, { exp: secondsFromNow(-60) })],
    ['it is not valid yet', () => signToken(key, { nbf: secondsFromNow(60) })],
    ['it is for another audience', () => signToken(key, { aud: 'another' })],
    [
      'it is an ID token, for the client that asked',
      () => signToken(key, { aud: 'the-client' }, { typ: 'JWT' }),
    ],
    ['it is from another issuer', () => signToken(key, { iss: 'https://evil.example/' })],
    ['its issuer lacks a slash', () => signToken(key, { iss: issuer.slice(0, -1) })],
    ['it has no iss', () => signToken(key, { iss: undefined })],
    ['it has no aud', () => signToken(key, { aud: undefined })],
    ['it has no exp', () => signToken(key, { exp: undefined })],
    ['its exp is a text', () => forge({ alg: 'RS256', kid: key.kid }, { exp: '9999999999' }, rsa)],
    ['its exp is beyond time', () => signToken(key, { exp: 1e15 })],
    ['it has no sub', () => signToken(key, { sub: undefined })],
    ['its sub is empty', () => signToken(key, { sub: '' })],
    ['its sub is a number', () => forge({ alg: 'RS256', kid: key.kid }, { sub: 7 }, rsa)],
    ['its sub has a control character', () => signToken(key, { sub: 'a\u0000b' })],
    ['its sub is longer than 255 characters', () => signToken(key, { sub: 'a'.repeat(256) })],
    ['it is of another type', () => signToken(key, {}, { typ: 'logout+jwt' })],
    [
      'its extension is critical and unknown',
      () => forge({ alg: 'RS256', kid: key.kid, crit: ['x'], x: 1 }, {}, rsa),
    ],
    ['its alg is none', () => forge({ alg: 'none' }, {}, () => '')],
    ['its alg is NONE, with the kid of a key', () => forge({ alg: 'NONE', kid: key.kid }, {}, () => '')],
    [
      'its alg is HS256 over the public key',
      () => forge({ alg: 'HS256', kid: key.kid }, {}, hmac(key.publicPem)),
    ],
    [
      'its alg is HS256 over the key as JWK',
      () => forge({ alg: 'HS256' }, {}, hmac(JSON.stringify(key.publicJwk))),
    ],
    ['its alg is not that of its key', () => forge({ alg: 'PS256', kid: key.kid }, {}, rsa)],
    ['it has no alg', () => forge({ kid: key.kid }, {}, rsa)],
    ['its signature is missing', async () => (await signToken(key)).replace(/[^.]*$/, '')],
    ['a bit of its signature is another', async () => flip(await signToken(key))],
    ['a stranger signed it with the same kid', () => signToken(stranger, {}, { kid: key.kid })],
    ['its kid is unknown', () => signToken(stranger)],
    ['it brings its own key', () => signToken(stranger, {}, { jwk: stranger.publicJwk, kid: key.kid })],
    ['it says where its keys are', () => signToken(stranger, {}, { jku: attacker.url.href })],
    [
      'it says where its certificate is',
      () => signToken(stranger, {}, { x5u: attacker.url.href, kid: key.kid }),
    ],
    ['it is encrypted', () => 'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d'],
    ['its posCodes are a text', () => signToken(key, { posCodes: 'P1' })],
    ['its posCodes are null', () => signToken(key, { posCodes: null })],
    ['its posCodes hold a number', () => signToken(key, { posCodes: ['P1', 2] })],
  ])('%s', async (_, make) => {
    const token = await make();
    await expect(viewerOf(token)).rejects.toEqual(refusal);
    expect(attacker.requests()).toBe(0);
  });
});

test('a token made by hand and signed by the issuer is taken', async () => {
  expect(await viewerOf(forge({ alg: 'RS256', kid: key.kid }, {}, rsa))).toMatchObject({
    subject: 'mallory',
  });
});

function flip(token: string): string {
  const at = token.lastIndexOf('.') + 10;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

test('a clock may be five seconds off', async () => {
  expect(await viewerOf(await signToken(key, { exp: secondsFromNow(-2) }))).toBeTruthy();
  expect(await viewerOf(await signToken(key, { nbf: secondsFromNow(3) }))).toBeTruthy();
  await expect(viewerOf(await signToken(key, { exp: secondsFromNow(-7) }))).rejects.toEqual(refusal);
});

test('an audience may be one of several', async () => {
  expect(await viewerOf(await signToken(key, { aud: ['other', audience] }))).toBeTruthy();
});

test.each([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'])(
  'a token of type %s is taken',
  async (typ) => {
    expect(await viewerOf(await signToken(key, {}, { typ }))).toBeTruthy();
  },
);

describe('a token signed with', () => {
  test.each([
    ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
    ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ])('%s is taken', async (alg) => {
    const own = await makeKey(alg);
    await using keys = await serveKeys([key, own]);
    const opened = await openAuthenticator({ kind: 'jwks', url: keys.url, issuer, audience }, silent);
    expect(await opened.authenticate(`Bearer ${await signToken(own)}`)).toMatchObject({ subject: 'alice' });
  });
});

test('an algorithm that is not among them is refused, though the issuer has such a key', async () => {
  const own = await makeKey('ML-DSA-44');
  await using keys = await serveKeys([own]);
  const opened = await openAuthenticator({ kind: 'jwks', url: keys.url, issuer, audience }, silent);
  await expect(opened.authenticate(`Bearer ${await signToken(own)}`)).rejects.toEqual(refusal);
  expect(keys.requests()).toBe(0);
});

test('the log says why at debug, without the token', async () => {
  const lines: string[] = [];
  const log = openLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  const opened = await openAuthenticator({ kind: 'jwks', url: server.url, issuer, audience }, log);
  const token = await signToken(key, { aud: 'canary-audience', sub: 'canary-subject' });
  await expect(opened.authenticate(`Bearer ${token}`)).rejects.toEqual(refusal);
  await expect(opened.authenticate('canary')).rejects.toEqual(refusal);
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'debug', claim: 'aud', msg: 'caller refused' });
  expect(lines.join()).not.toContain('canary');
  expect(lines.join()).not.toContain(token.slice(0, 20));
});
