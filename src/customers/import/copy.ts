import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type postgres from 'postgres';
import type { CustomerLine } from '../customer-line.ts';
import type { LoadedTable } from './rows.ts';

/** Bytes sent at a time: while the server takes these, the next are made. */
const SEND_SIZE = 128 * 1024;
/** Bytes that a UTF-16 unit takes at most in UTF-8. */
const MAX_UNIT_BYTES = 3;

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
  const send = (rows: Uint8Array) =>
    Promise.race([
      copied,
      new Promise<void>((resolve, reject) =>
        stream.write(rows, (error) => (error ? reject(error) : resolve())),
      ),
    ]);
  // Encoded row by row: a text of many rows is put together twice, and wider when one of them is not Latin.
  const buffer = Buffer.allocUnsafe(SEND_SIZE);
  let size = 0;
  for (const customer of customers) {
    const rows = rowsOf(customer);
    const most = rows.length * MAX_UNIT_BYTES;
    if (size + most > SEND_SIZE) {
      await send(buffer.subarray(0, size));
      size = 0;
    }
    if (most > SEND_SIZE) await send(Buffer.from(rows));
    else size += buffer.write(rows, size);
  }
  stream.end(buffer.subarray(0, size));
  await copied;
}
