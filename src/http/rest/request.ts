import type { Problem } from '../../errors.ts';
import type { StartRequest } from '../../exports/start.ts';
import { isJsonObject } from '../json-object.ts';
import { findName, parameters } from './parameters.ts';

/** A request in the domain's words, and what is wrong with it that the domain cannot see. */
export type RestRequest = Pick<StartRequest, 'downloadRequestId' | 'filter'> & {
  readonly problems: readonly Problem[];
};

/** Reads a request from the names and values of its body. The path's brand is the one that counts. */
export function readRestRequest(brand: string, entries: Iterable<readonly [string, unknown]>): RestRequest {
  const problems: Problem[] = [];
  const named = rename(entries, findName, ['filter'], problems);
  const values = [...named].map(([name, value]) => [name, understand(name, value, problems)] as const);
  const { downloadRequestId: id, brand: ownBrand, ...given } = Object.fromEntries(values);
  const filter = { ...given, brand };
  if (!mayBeFilter(filter)) throw new TypeError('A filter is an object.');
  return {
    // A number must not pass for a missing text: the problem stands for it, and nothing is started under this name.
    downloadRequestId: typeof id === 'string' ? id : id == null ? '' : 'unreadable',
    filter,
    problems: [...problems, ...checkId(id), ...checkBrand(brand, ownBrand)],
  };
}

/** In a filter that nobody has judged yet, anything may be wrong; `startCustomerExport` judges it. */
function mayBeFilter(value: unknown): value is StartRequest['filter'] {
  return isJsonObject(value);
}

/** Brings names into the page's form: their case does not matter. Names that it has not stay, to be refused. */
function rename(
  entries: Iterable<readonly [string, unknown]>,
  nameOf: (given: string) => string | null,
  path: readonly string[],
  problems: Problem[],
): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [given, value] of entries) {
    const name = nameOf(given) ?? given;
    if (!values.has(name)) values.set(name, value);
    else problems.push({ code: 'INVALID', message: `${name} is given twice.`, path: [...path, name] });
  }
  return values;
}

const MAX_OBJECTS = 1_000;

/** Brings a parameter's value into the filter's words, and the names within the objects that it lists. */
function understand(name: string, value: unknown, problems: Problem[]): unknown {
  const kind = parameters.get(name);
  if (!kind) return value;
  if (kind.members.length === 0 || !Array.isArray(value)) return kind.understand(value);
  // Refused for its length, whatever it lists.
  if (value.length > MAX_OBJECTS) return value;
  return value.map((element: unknown, at) => {
    if (!isJsonObject(element)) return element;
    const path = ['filter', name, `${at}`];
    return Object.fromEntries(rename(Object.entries(element), kind.findMember, path, problems));
  });
}

function checkId(id: unknown): Problem[] {
  if (id == null || typeof id === 'string') return [];
  return [{ code: 'INVALID', message: 'downloadRequestId must be text.', path: ['downloadRequestId'] }];
}

function checkBrand(brand: string, own: unknown): Problem[] {
  if (own == null || own === brand) return [];
  const message = 'brand in the body must be the brand in the path, or be left out.';
  return [{ code: 'INVALID', message, path: ['filter', 'brand'] }];
}
