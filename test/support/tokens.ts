import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** What the tokens made here say of themselves unless told otherwise. */
export const issuer = 'https://idp.example/';
export const audience = 'customer-export';

/** A key pair of an issuer. */
export type SigningKey = {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** As it stands in a JWKS, with `kid` and `alg`. */
  readonly publicJwk: JWK;
  readonly publicPem: string;
};

let keyCount = 0;

/** Makes a key pair; RS256, the most common, unless another algorithm is named. */
export async function makeKey(alg = 'RS256'): Promise<SigningKey> {
  const kid = `key-${++keyCount}`;
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { alg, kid, privateKey, publicJwk, publicPem: await exportSPKI(publicKey) };
}

/** Seconds since 1970, `offset` seconds from now. */
export function secondsFromNow(offset: number): number {
  return Math.floor(Date.now() / 1000) + offset;
}

/**
 * Signs a token for `alice`, who may do everything with every brand for five minutes. `claims` and `header` are laid
 * over that; undefined takes a claim or a header away.
 */
export async function signToken(
  key: SigningKey,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const payload: JWTPayload = {
    iss: issuer,
    aud: audience,
    sub: 'alice',
    exp: secondsFromNow(300),
    brands: ['*'],
    scope: 'customers:read customers:export',
    ...claims,
  };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.privateKey);
}

/** An issuer's JWKS endpoint on loopback. */
export type KeyServer = AsyncDisposable & {
  readonly url: URL;
  /** How many requests came so far, answered or not. */
  readonly requests: () => number;
  /** Changes the keys that are served. */
  readonly serve: (keys: readonly SigningKey[]) => void;
  /** Answers 503 from now on, or answers again. */
  readonly setDown: (down: boolean) => void;
  /** The settings that make a server trust these keys. */
  readonly env: {
    readonly JWT_JWKS_URL: string;
    readonly JWT_ISSUER: string;
    readonly JWT_AUDIENCE: string;
  };
};

/** Serves the public halves of `keys`. Close it with `await using`, or call `[Symbol.asyncDispose]()`. */
export async function serveKeys(keys: readonly SigningKey[]): Promise<KeyServer> {
  let served = keys;
  let isDown = false;
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    if (isDown) return response.writeHead(503).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ keys: served.map((key) => key.publicJwk) }));
  });
  const url = await new Promise<URL>((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(new URL(`http://127.0.0.1:${portOf(server.address())}/keys`)),
    );
  });
  return {
    url,
    requests: () => requests,
    serve: (keys) => {
      served = keys;
    },
    setDown: (down) => {
      isDown = down;
    },
    env: { JWT_JWKS_URL: url.href, JWT_ISSUER: issuer, JWT_AUDIENCE: audience },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(address: string | AddressInfo | null): number {
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return address.port;
}
