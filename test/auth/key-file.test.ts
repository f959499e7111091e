import { createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportPKCS8 } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAuthenticator } from '../../src/auth/token.ts';
import { ConfigError } from '../../src/config.ts';
import { AccessError } from '../../src/errors.ts';
import { audience, issuer, makeKey, type SigningKey, signToken } from '../support/tokens.ts';

let folder: string;
let [rsa, ec, ed, stranger]: SigningKey[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-file-'));
  [rsa, ec, ed, stranger] = await Promise.all(
    ['RS256', 'ES384', 'EdDSA', 'RS256'].map((alg) => makeKey(alg)),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function made(key: SigningKey | undefined): SigningKey {
  if (!key) throw new Error('The keys are not made yet.');
  return key;
}

async function openWith(content: string) {
  const file = join(folder, 'key');
  await writeFile(file, content);
  const auth = { kind: 'publicKey', file, issuer, audience } as const;
  const { authenticate } = await openAuthenticator(auth, pino({ level: 'silent' }));
  return async (token: string) => {
    try {
      return (await authenticate(`Bearer ${token}`)).subject;
    } catch (error) {
      if (error instanceof AccessError) return error.code;
      throw error;
    }
  };
}

describe('a public key is read from', () => {
  test.each<[string, () => SigningKey, (key: SigningKey) => string]>([
    ['a PEM with an RSA key', () => made(rsa), (key) => key.publicPem],
    ['a PEM with an EC key', () => made(ec), (key) => key.publicPem],
    ['a PEM with an Ed25519 key', () => made(ed), (key) => key.publicPem],
    ['a JWK', () => made(rsa), (key) => JSON.stringify(key.publicJwk)],
    ['a JWKS with one key', () => made(ed), (key) => JSON.stringify({ keys: [key.publicJwk] })],
    [
      'a JWKS with several',
      () => made(ec),
      (key) => JSON.stringify({ keys: [key.publicJwk, made(rsa).publicJwk] }),
    ],
  ])('%s', async (_, key, write) => {
    const subjectOf = await openWith(write(key()));
    expect(await subjectOf(await signToken(key()))).toBe('alice');
    expect(await subjectOf(await signToken(made(stranger)))).toBe('UNAUTHENTICATED');
    expect(await subjectOf(await signToken(made(stranger), {}, { kid: key().kid }))).toBe('UNAUTHENTICATED');
  });
});

test('a certificate is a public key', async () => {
  const subjectOf = await openWith(certificate);
  expect(await subjectOf(tokenOfCertificate)).toBe('alice');
  expect(await subjectOf(await signToken(made(ec)))).toBe('UNAUTHENTICATED');
});

test('a key that is alone in its file is used whatever kid the token names', async () => {
  const subjectOf = await openWith(JSON.stringify(made(rsa).publicJwk));
  expect(await subjectOf(await signToken(made(rsa), {}, { kid: 'another' }))).toBe('alice');
  expect(await subjectOf(await signToken(made(rsa), {}, { kid: undefined }))).toBe('alice');
});

test('the public key is no shared secret', async () => {
  const { publicPem } = made(rsa);
  const subjectOf = await openWith(publicPem);
  const [, claims] = (await signToken(made(rsa))).split('.');
  const input = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${claims}`;
  const signature = createHmac('sha256', publicPem).update(input).digest('base64url');
  expect(await subjectOf(`${input}.${signature}`)).toBe('UNAUTHENTICATED');
});

describe('the start is refused with a file that', () => {
  const weak = () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  test.each<[string, () => string | Promise<string>]>([
    ['is empty', () => ''],
    ['is no key', () => 'canary'],
    ['is a broken PEM', () => made(rsa).publicPem.replace(/[a-z]/g, 'A')],
    ['is broken JSON', () => '{"kty": canary'],
    ['is JSON of another kind', () => '{"canary": 1}'],
    ['has no keys', () => '{"keys": []}'],
    ['has a private PEM', () => exportPKCS8(made(rsa).privateKey)],
    ['has a private JWK', () => JSON.stringify({ ...made(ec).publicJwk, d: 'canary' })],
    ['has a shared secret', () => '{"kty":"oct","k":"canary"}'],
    ['has half a JWK', () => '{"kty":"RSA","n":"canary"}'],
    ['has a key for encryption alone', () => JSON.stringify({ ...made(rsa).publicJwk, use: 'enc' })],
    ['has a weak RSA key', () => weak().export({ type: 'spki', format: 'pem' }).toString()],
    ['has a weak RSA key as JWK', () => JSON.stringify(weak().export({ format: 'jwk' }))],
  ])('%s', async (_, content) => {
    const opened = openWith(await content());
    await expect(opened).rejects.toBeInstanceOf(ConfigError);
    await expect(opened).rejects.toThrow(
      /^JWT_PUBLIC_KEY_FILE must name a file (with|that) ((?!canary).)*\.$/,
    );
  });

  test('is not there', async () => {
    const auth = { kind: 'publicKey', file: join(folder, 'absent'), issuer, audience } as const;
    await expect(openAuthenticator(auth, pino({ level: 'silent' }))).rejects.toThrow(
      'JWT_PUBLIC_KEY_FILE must name a file that can be read (ENOENT).',
    );
  });
});

/** Made for this test alone with `openssl req -x509`; its private key is gone. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBgjCCASmgAwIBAgIURlDe7FWIQe1n87kzbY151ANw/CUwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLaWRwLmV4YW1wbGUwIBcNMjYxMTI1MTMyNTI2WhgPMjEyNjEx
MDExMzI1MjZaMBYxFDASBgNVBAMMC2lkcC5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEMyv3jjtZJfVUysgkCOqvC0GFsWkEyKDhQunD5K69xaOtJ1Nh
DreB3SEz+LIJ8I8Pn2TONmffjFiGKhzoiZEgdaNTMFEwHQYDVR0OBBYEFHcXGqT3
mGTUCbVv9FyvbxJrhKOUMB8GA1UdIwQYMBaAFHcXGqT3mGTUCbVv9FyvbxJrhKOU
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgcNJKjR4emVrrhKWl
bgzJaWsgaF3MQijgKJhnPUDey4ICIHa+79CHTl2oe8+YYCf23OsFSZQXSh/lPZj0
FP++g73s
-----END CERTIFICATE-----
`;
/** For `alice` until the year 2100, signed with the certificate's key. */
const tokenOfCertificate = [
  'eyJhbGciOiJFUzI1NiJ9',
  'eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLyIsImF1ZCI6ImN1c3RvbWVyLWV4cG9ydCIsInN1YiI6ImFsaWNlIiwiZXhwIjo0MTAyNDQ0ODAwfQ',
  'c3EBRTg97RA8Z-U0gp9yCWGtUOA4bHIk6YotHc-FQy_20JbkXwSihjngrtsDRUr_3Rlaxt3roFVaa8czseVbVg',
].join('.');
