import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type postgres from 'postgres';
import type { CustomerLine } from '../customer-line.ts';
import type { LoadedTable } from './rows.ts';

/** Characters sent at a time: while the server takes these, the next are made. */
const SEND_SIZE = 256 * 1024;

/** Adds the customers' rows to `target`, a table with the columns of `table`, no faster than the server takes them. */
export async function copyRows(
  sql: postgres.Sql,
  { columns, rowsOf }: LoadedTable,
  target: string,
  customers: Iterable<CustomerLine>,
): Promise<void> {
  const stream: Writable = await sql.unsafe(`copy ${target} (${columns.join(', ')}) from stdin`).writable();
  const copied = finished(stream);
  copied.catch(() => {}); // told to whoever sends or waits
  const send = (rows: string) =>
    Promise.race([
      copied,
      new Promise<void>((resolve, reject) =>
        stream.write(rows, (error) => (error ? reject(error) : resolve())),
      ),
    ]);
  let rows = '';
  for (const customer of customers) {
    rows += rowsOf(customer);
    if (rows.length < SEND_SIZE) continue;
    await send(rows);
    rows = '';
  }
  stream.end(rows);
  await copied;
}
