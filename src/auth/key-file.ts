import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { ConfigError } from '../config.ts';

const jwk = z.looseObject({ kty: z.string() });
const keyFile = z.union([z.object({ keys: z.array(jwk).min(1) }), jwk.transform((key) => ({ keys: [key] }))]);
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

/**
 * The keys in a file: a PEM (SPKI public key or X.509 certificate), a JWK or a JWKS.
 * A key that is alone in its file verifies whatever `kid` a token names; of several, the token chooses.
 * @throws {ConfigError} when the file cannot be read, or holds no public key to verify with.
 */
export async function openKeyFile(file: string): Promise<JWTVerifyGetKey> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new ConfigError([`JWT_PUBLIC_KEY_FILE must name a file that can be read${reason}.`]);
  });
  const { keys } = text.trimStart().startsWith('{') ? parseJson(text) : parsePem(text);
  const find = createLocalJWKSet({ keys });
  return keys.length === 1 ? ({ alg }) => find({ alg }) : find;
}

function parsePem(text: string): JSONWebKeySet {
  if (text.includes('PRIVATE KEY')) throw holdsSecret();
  try {
    const key = createPublicKey(text);
    return { keys: [checkKey(key, key.export({ format: 'jwk' }))] };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw fault('a PEM (public key or certificate), a JWK or a JWKS');
  }
}

function parseJson(text: string): JSONWebKeySet {
  let parsed: JSONWebKeySet;
  try {
    parsed = keyFile.parse(JSON.parse(text));
  } catch {
    throw fault('a PEM (public key or certificate), a JWK or a JWKS');
  }
  if (parsed.keys.some((key) => key.d !== undefined || key.k !== undefined)) throw holdsSecret();
  const signing = parsed.keys.filter(({ use }) => use === undefined || use === 'sig');
  if (signing.length === 0) throw fault('at least one key for signatures');
  for (const key of signing) checkKey(importKey(key), key);
  return { keys: signing };
}

function importKey(key: JWK): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    throw fault('RSA, EC or Ed25519 keys that are whole');
  }
}

function checkKey(key: KeyObject, asJwk: JWK): JWK {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const strong =
    (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) ||
    (type === 'ec' && curves.includes(details?.namedCurve ?? '')) ||
    type === 'ed25519';
  if (!strong)
    throw fault('RSA keys of at least 2048 bits, EC keys on P-256, P-384 or P-521, or Ed25519 keys');
  return asJwk;
}

function holdsSecret(): ConfigError {
  return fault('public keys alone: it holds a private or shared one, which this server must not have');
}

function fault(mustHold: string): ConfigError {
  return new ConfigError([`JWT_PUBLIC_KEY_FILE must name a file with ${mustHold}.`]);
}
