import { errors, type JWTVerifyGetKey, type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose';
import type { Logger } from 'pino';
import type { AuthConfig } from '../config.ts';
import { AccessError, Unavailable } from '../errors.ts';
import { readViewer, TokenFault } from './claims.ts';
import { openKeyFile } from './key-file.ts';
import { openKeySet } from './key-set.ts';
import { anonymous, type Viewer } from './viewer.ts';

export type Authenticator = {
  /**
   * Who sent this `Authorization` header (on a WebSocket: `connectionParams.authorization`).
   * @throws {AccessError} UNAUTHENTICATED, with one text whatever is wrong; the log knows at `debug`.
   * @throws {Unavailable} when there is no key yet to check a token with.
   */
  readonly authenticate: (authorization: string | null | undefined) => Promise<Viewer>;
};

/** Signatures that only the issuer can make. Nothing shared (HS…), and never `none`. */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** Access tokens say one of these or nothing; other types (of logout, of proof, of events) are for other doors. */
const types = ['jwt', 'at+jwt', 'application/at+jwt', 'application/jwt'];
/** Clocks differ; more than this is an expired token. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Node takes no longer headers either; a WebSocket message could be. */
const LONGEST_HEADER = 16_384;

/**
 * Opens what tells callers apart. With a JWKS nothing is fetched before the first token.
 * Open mode knows one caller, `anonymous`, whatever the header says.
 * @throws {ConfigError} when the key file is of no use.
 */
export async function openAuthenticator(auth: AuthConfig, log: Logger): Promise<Authenticator> {
  if (auth.kind === 'open') return { authenticate: async () => anonymous };
  const keys = auth.kind === 'jwks' ? openKeySet(auth.url, log) : await openKeyFile(auth.file);
  const rules: JWTVerifyOptions = {
    algorithms,
    issuer: auth.issuer,
    audience: auth.audience,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  return {
    authenticate: async (authorization) => {
      try {
        const { payload, protectedHeader } = await verify(readBearer(authorization), keys, rules);
        if (!types.includes((protectedHeader.typ ?? 'jwt').toLowerCase())) throw new TokenFault('typ');
        return readViewer(payload);
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        tellWhy(log, error);
        throw new AccessError('UNAUTHENTICATED', 'This needs a valid bearer token.');
      }
    },
  };
}

/** The token of `Bearer <token>`, whose scheme has no case (RFC 9110). */
function readBearer(authorization: string | null | undefined): string {
  if (!authorization) throw new TokenFault('authorization');
  if (authorization.length > LONGEST_HEADER) throw new TokenFault('authorization');
  const [, token] = /^bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? [];
  if (token === undefined) throw new TokenFault('authorization');
  return token;
}

/** Only `alg` and `kid` of the header are looked at: keys come from where the settings say, never from the token. */
async function verify(
  token: string,
  keys: JWTVerifyGetKey,
  rules: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, rules);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // A token without `kid` while several keys are about, as in a rotation: one of them has signed it.
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, rules);
      } catch (inner) {
        if (!(inner instanceof errors.JWSSignatureVerificationFailed)) throw inner;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function tellWhy(log: Logger, error: unknown): void {
  if (error instanceof TokenFault) log.debug({ reason: error.part }, 'caller refused');
  else if (error instanceof errors.JOSEError) {
    const claim = 'claim' in error ? error.claim : undefined;
    log.debug({ reason: error.code, claim }, 'caller refused');
  } else log.warn({ err: error }, 'caller refused for a fault of ours');
}
