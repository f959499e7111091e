import { and, eq, gt, lte, type SQL, sql } from 'drizzle-orm';
import { customerLines, customers } from '../db/tables.ts';
import { type Conditions, customerWhere, type KeyRange } from './filter-where.ts';
import { selectLines } from './line.ts';
import type { Selection } from './selection.ts';
import { lineVersion } from './stored-lines.ts';

/** A query for one chunk: a row of `count` and `bytes`, the lines each ended by a line feed. */
export type ChunkQuery = (range: KeyRange) => SQL;

/** PostgreSQL puts the lines together: one long value costs far less to send and receive than a row for each line. */
function gather(lines: SQL): SQL {
  return sql`select count(*), string_agg(line, e'\\n') || e'\\n' from (${lines}) lines`;
}

/** Builds the lines of the customers that match. */
export function builtChunk(conditions: Conditions, selection: Selection): ChunkQuery {
  return (range) =>
    gather(selectLines(selection, sql`select * from ${customers} where ${customerWhere(conditions, range)}`));
}

/**
 * Takes the default lines that the database keeps. It gives fewer than match where they are outdated: the caller
 * compares the count.
 */
export function storedChunk(conditions: Conditions): ChunkQuery {
  const { brand, posCodes, ...others } = conditions;
  const version = lineVersion();
  const id = customerLines.boosterCustomerId;
  const theirs = (range: KeyRange) =>
    Object.keys(others).length === 0
      ? and(
          posCodes && sql`${customerLines.posCode} = any(${sql.param(posCodes)}::text[])`,
          range.after === null ? undefined : gt(id, range.after),
          range.upTo === null ? undefined : lte(id, range.upTo),
        )
      : sql`${id} = any(array(
          select ${customers.boosterCustomerId} from ${customers} where ${customerWhere(conditions, range)}))`;
  return (range) =>
    gather(sql`select ${customerLines.line} from ${customerLines}
      where ${and(eq(customerLines.brand, brand), theirs(range), eq(customerLines.version, version))}
      order by ${id}`);
}
