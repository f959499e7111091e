import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { type Database, migrateDatabase } from '../db/client.ts';
import { customers } from '../db/tables.ts';
import { selectLines } from './line.ts';
import { defaultSelection } from './selection.ts';

/** The statement that builds the default lines of the customers whose ids are in the array `ids`. */
function buildStatement(): string {
  const matched = sql`select * from ${customers} where ${customers.boosterCustomerId} = any(${sql.raw('ids')})`;
  return new PgDialect({ casing: 'snake_case' }).sqlToQuery(selectLines(defaultSelection, matched)).sql;
}

/** Of the default line's format: any change of the statement that builds it makes another. A 32-bit integer. */
export function lineVersion(): number {
  return createHash('sha256').update(buildStatement()).digest().readInt32BE();
}

/**
 * Gives the database the functions that its triggers keep `customer_lines` with. Once they are there, this asks one
 * question. A new version of them makes all stored lines outdated at once: exports then build their lines.
 */
export async function installLineBuilder(db: Database): Promise<void> {
  const version = lineVersion();
  const statement = buildStatement();
  await db.transaction(async (tx) => {
    // PL/pgSQL keeps the plan, which takes longer to make than to run for one customer.
    // Joins of few rows are guessed from arrays of unknown length; a nested loop over lists would be a disaster.
    await tx.execute(
      sql.raw(`
      create or replace function build_customer_lines(ids integer[])
        returns table (booster_customer_id integer, line text)
        language sql stable set search_path from current set enable_nestloop = off set jit = off
        as $build$ ${statement} $build$`),
    );
    await tx.execute(
      sql.raw(`
      create or replace function customer_line_version() returns integer
        language sql immutable as $version$ select ${version} $version$`),
    );
  });
}

/** Makes the database ready for use: every process does so when it starts. */
export function prepareDatabase(url: string): Promise<void> {
  return migrateDatabase(url, installLineBuilder);
}
