import { and, between, eq, type SQL, sql } from 'drizzle-orm';
import { customerLines, customers } from '../db/tables.ts';
import { integers } from './filter/parameters.ts';
import { type Conditions, customerWhere, type KeyRange } from './filter/where.ts';
import { selectLines } from './line.ts';
import type { Selection } from './selection.ts';
import { lineVersion } from './stored-lines.ts';

/** A key range that is read at once and handed out in pieces, which cover it in order. */
export type Stretch = KeyRange & {
  readonly pieces: readonly KeyRange[];
  /** Those of the customers that match, where they are known already. */
  readonly keys?: readonly number[] | null;
};

/** A way to read stretches. */
export type ChunkQuery = {
  /** Gives a row for each piece, in order: how many lines, and the lines, each ended by a line feed. */
  readonly rows: (stretch: Stretch) => SQL;
  readonly sizes: Sizes;
};

/** How many bytes of lines are best read at a time. */
export type Sizes = {
  /** Of a stretch. */
  readonly stretch: number;
  /** Of a piece, which is one value, in PostgreSQL and here. */
  readonly piece: number;
};

/** Where all lines of a stretch are sorted. Stretches of three times the size take a fifth longer, pieces of four times a half. */
const sorted: Sizes = { stretch: 1024 * 1024, piece: 60 * 1024 };
/** Where they are found in order. The sizes above take a sixth longer, and pieces of 1 MiB three times as long. */
const inOrder: Sizes = { stretch: 2.5 * 1024 * 1024, piece: 240 * 1024 };

/** Builds the lines of the customers that match. */
export function builtChunk(conditions: Conditions, selection: Selection): ChunkQuery {
  const rows = (stretch: Stretch) =>
    gather(
      stretch,
      selectLines(selection, sql`select * from ${customers} where ${matching(conditions, stretch)}`),
    );
  return { rows, sizes: sorted };
}

/**
 * Takes the default lines that the database keeps. It gives fewer than match where they are outdated: the caller
 * compares the count.
 */
export function storedChunk(conditions: Conditions): ChunkQuery {
  const { brand, posCodes, ...others } = conditions;
  const { boosterCustomerId: id, line } = customerLines;
  const current = and(
    eq(customerLines.brand, brand),
    eq(customerLines.version, lineVersion()),
    posCodes && sql`${customerLines.posCode} = any(${sql.param(posCodes)}::text[])`,
  );
  if (Object.keys(others).length === 0) {
    const rows = (stretch: Stretch) =>
      gatherEach(
        stretch,
        (first, last) => sql`select ${line} from ${customerLines}
          where ${and(current, between(id, first, last))} order by ${id}`,
      );
    return { rows, sizes: inOrder };
  }
  const rows = (stretch: Stretch) => {
    const ids = stretch.keys
      ? integers(stretch.keys)
      : sql`array(select ${customers.boosterCustomerId} from ${customers} where ${customerWhere(conditions, stretch)})`;
    return gather(
      stretch,
      sql`select ${id}, ${line} from ${customerLines} where ${current} and ${id} = any(${ids})`,
    );
  };
  return { rows, sizes: sorted };
}

/** The WHERE of a stretch's customers. */
function matching(conditions: Conditions, stretch: Stretch): SQL | undefined {
  const { brand, boosterCustomerId: id } = customers;
  return stretch.keys
    ? and(eq(brand, conditions.brand), sql`${id} = any(${integers(stretch.keys)})`)
    : customerWhere(conditions, stretch);
}

// PostgreSQL puts the lines together: few long values cost far less to send and receive than a row for each line.

/** Finds all lines of the stretch with one query, whose plan then suits many customers. */
function gather(stretch: Stretch, lines: SQL): SQL {
  return sql`
    select count(*)::int, string_agg(line, e'\\n' order by booster_customer_id) || e'\\n'
    from (select *, width_bucket(booster_customer_id, ${firsts(stretch)}) as piece from (${lines}) lines) pieces
    group by piece order by piece`;
}

/** Asks for each piece by itself, which saves sorting; for lines that an index finds in their order. */
function gatherEach(stretch: Stretch, linesIn: (first: SQL, last: SQL) => SQL): SQL {
  return sql`
    select lines.count, lines.bytes
    from unnest(${firsts(stretch)}, ${lasts(stretch)}) with ordinality as piece (first, last, n)
    cross join lateral (
      select count(*)::int, string_agg(line, e'\\n') || e'\\n' as bytes
      from (${linesIn(sql`piece.first`, sql`piece.last`)}) line
    ) lines
    order by n`;
}

function firsts({ pieces }: Stretch): SQL {
  return sql`${sql.param(pieces.map(({ first }) => first))}::int[]`;
}

function lasts({ pieces }: Stretch): SQL {
  return sql`${sql.param(pieces.map(({ last }) => last))}::int[]`;
}
