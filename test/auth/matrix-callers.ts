import { UnsecuredJWT } from 'jose';
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

/** Everyone who asks, from those whom the door does not know to the one whose export it is. */
export const callers = [
  'without a token',
  'with an expired token',
  'with a token for another audience',
  'with an unsigned token',
  'of another brand',
  'of another point of sale',
  'of another point of sale, who administers exports',
  'who owns other exports',
  'without a scope',
  'who administers the brand’s exports',
  'who owns the export',
] as const;
export type Caller = (typeof callers)[number];

/** Those who do not get in, wherever they knock. */
export const strangers: readonly Caller[] = callers.slice(0, 4);

const everything = 'customers:read customers:export';
const administrator = `${everything} exports:admin`;

/** Claims of those who have a valid token. */
export const claims = {
  'of another brand': { sub: 'zoe', brands: ['piaget'], scope: administrator },
  'of another point of sale': { sub: 'pia', brands: ['cartier'], posCodes: ['P2'], scope: everything },
  'of another point of sale, who administers exports': {
    sub: 'pam',
    brands: ['cartier'],
    posCodes: ['P2'],
    scope: administrator,
  },
  'who owns other exports': { sub: 'bob', brands: ['cartier'], scope: everything },
  'without a scope': { sub: 'nil', brands: ['cartier'], scope: 'openid profile' },
  'who administers the brand’s exports': { sub: 'ada', brands: ['cartier'], scope: administrator },
  'who owns the export': { sub: 'ann', brands: ['cartier'], posCodes: ['P1'], scope: everything },
} satisfies Partial<Record<Caller, object>>;

/** An issuer, and what each caller sends as `Authorization`; null = nothing. */
export async function makeCallers(): Promise<{
  readonly keys: KeyServer;
  readonly authorization: Readonly<Record<Caller, string | null>>;
  readonly sign: (claims: Record<string, unknown>) => Promise<string>;
}> {
  const key = await makeKey('ES256');
  const keys = await serveKeys([key]);
  const owner = claims['who owns the export'];
  const sign = async (claim: Record<string, unknown>) => `Bearer ${await signToken(key, claim)}`;
  const tokens = Object.entries(claims).map(async ([caller, claim]) => [caller, await sign(claim)] as const);
  return {
    keys,
    sign,
    authorization: {
      ...refused(await refusedTokens(key, owner)),
      ...(Object.fromEntries(await Promise.all(tokens)) as Record<keyof typeof claims, string>),
    },
  };
}

/** The owner's own claims, each time with one thing wrong. */
async function refusedTokens(key: SigningKey, owner: Record<string, unknown>) {
  return {
    expired: await signToken(key, { ...owner, exp: secondsFromNow(-60) }),
    foreign: await signToken(key, { ...owner, aud: 'another service' }),
    unsigned: new UnsecuredJWT({ ...owner, iss: issuer, aud: audience, exp: secondsFromNow(300) }).encode(),
  };
}

function refused(tokens: Awaited<ReturnType<typeof refusedTokens>>) {
  return {
    'without a token': null,
    'with an expired token': `Bearer ${tokens.expired}`,
    'with a token for another audience': `Bearer ${tokens.foreign}`,
    'with an unsigned token': `Bearer ${tokens.unsigned}`,
  };
}
