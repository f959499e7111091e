import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { Connection } from '../src/db/client.ts';
import type { Outcome } from './contestant.ts';

/**
 * The limit: PostgreSQL writes the lines of a query into a file by itself, without any client, on a connection that has
 * been used before.
 * The CSV options leave JSON as it is; `COPY` in text format would double backslashes.
 */
export async function copyToFile(client: Connection['sql'], lines: SQL): Promise<Outcome> {
  const file = join(tmpdir(), `bench-${process.pid}-${Date.now()}.jsonl`);
  const { sql: query } = new PgDialect({ casing: 'snake_case' }).sqlToQuery(
    sql`select line from (${lines}) lines`,
  );
  const started = performance.now();
  try {
    const { count } = await client.unsafe(
      `copy (${query}) to '${file}' with (format csv, quote e'\\x01', delimiter e'\\x02')`,
    );
    const seconds = (performance.now() - started) / 1000;
    const hash = createHash('sha256');
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
    return { lines: count, seconds, sha256: hash.digest('hex') };
  } finally {
    await rm(file, { force: true });
  }
}
