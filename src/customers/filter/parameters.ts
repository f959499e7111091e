import { type SQL, sql } from 'drizzle-orm';

// How a filter's values are handed to PostgreSQL: each is one parameter with a type of its own, so that neither the
// driver nor the planner has to guess. As many parameters as values would end at 65,534.

export function texts(list: readonly string[]): SQL {
  return sql`${sql.param(list)}::text[]`;
}

export function integers(list: readonly number[]): SQL {
  return sql`${sql.param(list)}::int[]`;
}

/** Exactly the decimal that JavaScript shows: 0.1 is 0.1, not the binary fraction next to it. */
export function decimal(number: number): SQL {
  return sql`${`${number}`}::text::numeric`;
}

/** Handed over as text: given a timestamptz parameter, the driver would make it a Date and drop the microseconds. */
export function instant(text: string): SQL {
  return sql`read_instant(${text})`;
}
