import type { Problem } from '../errors.ts';
import { builder } from './builder.ts';

/** A page of a list, as the Relay cursor connection specification has it. */
export type Connection<Node> = {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Asked only when the client wants it. */
  readonly countAll: () => Promise<number>;
};

export const pageInfoType = builder.objectRef<Connection<unknown>>('PageInfo').implement({
  description: 'Where a page stands in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      nullable: false,
      description: 'Whether more follow; false when paging backwards from the end.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      nullable: false,
      description: 'Whether more come before; false when paging forwards from the start.',
    }),
    startCursor: t.string({
      description: 'Cursor of the first edge; null on an empty page.',
      resolve: ({ edges }) => edges[0]?.cursor ?? null,
    }),
    endCursor: t.string({
      description: 'Cursor of the last edge, for `after`; null on an empty page.',
      resolve: ({ edges }) => edges.at(-1)?.cursor ?? null,
    }),
  }),
});

/** A cursor says to clients no more than that it is one. */
export function toCursor(key: string | number): string {
  return Buffer.from(`${key}`).toString('base64url');
}

/** The key in a cursor of ours; null stays null. What is none of ours adds to `problems`, and is null. */
export function readCursor(
  cursor: string | null | undefined,
  argument: string,
  isKey: (key: string) => boolean,
  problems: Problem[],
): string | null {
  if (cursor == null) return null;
  const key = Buffer.from(cursor, 'base64url').toString();
  if (isKey(key)) return key;
  problems.push(invalidArgument(argument, `${argument} is not a cursor of this list.`));
  return null;
}

/** A page size within 1..most; another adds to `problems`. */
export function readPageSize(size: number, argument: string, most: number, problems: Problem[]): number {
  if (size < 1 || size > most)
    problems.push(invalidArgument(argument, `${argument} must be 1 to ${most.toLocaleString('en')}.`));
  return size;
}

export function invalidArgument(argument: string, message: string): Problem {
  return { code: 'INVALID', message, path: [argument] };
}
