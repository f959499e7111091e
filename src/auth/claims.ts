import type { JWTPayload } from 'jose';
import { z } from 'zod';
import type { Scope, Viewer } from './viewer.ts';

/** A header or a token that is not what it must be, whatever its signature. */
export class TokenFault extends Error {
  override name = 'TokenFault';
  /** The part that is wrong: a claim, `typ`, or `authorization` for the header as a whole. */
  readonly part: string;

  constructor(part: string) {
    super(`The ${part} is wrong.`);
    this.part = part;
  }
}

const strings = z.array(z.string());
const scopes = new Set<Scope>(['customers:read', 'customers:export', 'exports:admin']);
/** OpenID Connect's own limit; and what neither a database nor a log line takes does not name a caller. */
const subject = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,255}$/u);
/** Seconds since 1970 that a Date can hold. */
const instant = z.number().min(0).max(8.64e12);

/**
 * Who a verified token speaks of. Where a claim leaves room, the narrower reading holds:
 * no brands without a proper list, and no token at all when its `posCodes` cannot be read, since none would mean all.
 * @throws {TokenFault} when `sub`, `exp` or `posCodes` is wrong.
 */
export function readViewer(payload: JWTPayload): Viewer {
  const { brands: named, posCodes, scope, scp } = payload;
  const brands = strings.safeParse(named).data ?? [];
  return {
    subject: claimed(payload, 'sub', subject),
    brands: brands.length === 1 && brands[0] === '*' ? '*' : brands,
    posCodes: posCodes === undefined ? null : claimed(payload, 'posCodes', strings),
    scopes: readScopes(scope ?? scp),
    expiresAt: new Date(claimed(payload, 'exp', instant) * 1000),
  };
}

function claimed<T>(payload: JWTPayload, claim: string, type: z.ZodType<T>): T {
  const parsed = type.safeParse(payload[claim]);
  if (!parsed.success) throw new TokenFault(claim);
  return parsed.data;
}

/** `scope` is a text with spaces (RFC 9068); some issuers give a list, or call it `scp`. Unknown ones mean nothing here. */
function readScopes(claim: unknown): ReadonlySet<Scope> {
  const given = typeof claim === 'string' ? claim.split(' ') : (strings.safeParse(claim).data ?? []);
  return new Set([...scopes].filter((scope) => given.includes(scope)));
}
