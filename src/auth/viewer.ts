import { z } from 'zod';
import { AccessError } from '../errors.ts';

/** What a caller may do. `exports:admin` sees every export of its brands, not only its own. */
export type Scope = 'customers:read' | 'customers:export' | 'exports:admin';

/** Who is asking, and what exists for them. */
export type Viewer = {
  /** The token's `sub`; `anonymous` in open mode. */
  readonly subject: string;
  /** Codes of the brands that exist for this caller; `*` = all. */
  readonly brands: '*' | readonly string[];
  /** POS codes that exist for this caller, in each of its brands; null = all. */
  readonly posCodes: readonly string[] | null;
  readonly scopes: ReadonlySet<Scope>;
  /** When the caller stops being who it is, and a WebSocket of its is closed; null = never. */
  readonly expiresAt: Date | null;
};

/** The only caller of a server without authentication, which listens on loopback alone. */
export const anonymous: Viewer = {
  subject: 'anonymous',
  brands: '*',
  posCodes: null,
  scopes: new Set<Scope>(['customers:read', 'customers:export', 'exports:admin']),
  expiresAt: null,
};

export function seesBrand(viewer: Viewer, brand: string): boolean {
  return viewer.brands === '*' || viewer.brands.includes(brand);
}

export function seesPointOfSale(viewer: Viewer, posCode: string): boolean {
  return viewer.posCodes === null || viewer.posCodes.includes(posCode);
}

/** What exists for a caller, for those who look things up. */
export function sightOf(viewer: Viewer) {
  return {
    brand: (code: string) => seesBrand(viewer, code),
    posCode: (posCode: string) => seesPointOfSale(viewer, posCode),
  };
}

/**
 * An export exists for its owner, and for an administrator of its brand; for neither when it holds customers of a point
 * of sale that does not exist for them, or no longer.
 */
export function seesExport(
  viewer: Viewer,
  task: { readonly requestedBy: string; readonly brand: string; readonly filter: unknown },
): boolean {
  if (!seesBrand(viewer, task.brand)) return false;
  if (viewer.posCodes !== null && !seesAllPointsOfSale(viewer, task.filter)) return false;
  return task.requestedBy === viewer.subject || viewer.scopes.has('exports:admin');
}

const ofPointsOfSale = z.object({ posCodes: z.array(z.string()) });

function seesAllPointsOfSale(viewer: Viewer, filter: unknown): boolean {
  const posCodes = ofPointsOfSale.safeParse(filter).data?.posCodes;
  return posCodes?.every((posCode) => seesPointOfSale(viewer, posCode)) ?? false;
}

/** @throws {AccessError} FORBIDDEN when the caller's token lacks the scope. */
export function requireScope(viewer: Viewer, scope: Scope): void {
  if (!viewer.scopes.has(scope)) throw new AccessError('FORBIDDEN', `This needs the scope ${scope}.`);
}

/** Whose customers may be read for a caller who asks about `brand`, whatever else the request says. */
export function readScopeOf(viewer: Viewer, brand: string) {
  return { brands: viewer.brands === '*' ? [brand] : viewer.brands, posCodes: viewer.posCodes };
}
