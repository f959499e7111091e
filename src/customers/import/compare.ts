import type postgres from 'postgres';
import type { CustomerLine } from '../customer-line.ts';
import { writeLine } from './stored-line.ts';

/** Customers by their id. */
export type Batch = ReadonlyMap<number, CustomerLine>;

export type Comparison = {
  /** Those that the database does not have. */
  readonly fresh: readonly CustomerLine[];
  /** Those that it has otherwise, or may have. They are locked. The rest are as they should be. */
  readonly changed: readonly CustomerLine[];
};

/** Compares customers with what the database has, by their stored lines. */
export async function compareWithStored(sql: postgres.Sql, batch: Batch): Promise<Comparison> {
  const stored = new Map<number, string | null>();
  for (const { id, line } of await read<{ id: number; line: string | null }>(sql, known, [...batch.keys()])) {
    stored.set(id, line);
  }
  const suspects: number[] = [];
  for (const [id, line] of stored) {
    const customer = batch.get(id);
    if (customer && (customer.transactions !== null || writeLine(customer) !== line)) suspects.push(id);
  }
  const held = new Set<number>();
  if (suspects.length > 0) for (const { id } of await read<{ id: number }>(sql, hold, suspects)) held.add(id);

  const fresh: CustomerLine[] = [];
  const changed: CustomerLine[] = [];
  for (const [id, customer] of batch) if (!stored.has(id)) fresh.push(customer);
  for (const id of suspects) {
    const customer = batch.get(id);
    // Somebody else may have deleted it meanwhile.
    if (customer) (held.has(id) ? changed : fresh).push(customer);
  }
  return { fresh, changed };
}

function read<T extends object>(sql: postgres.Sql, query: string, ids: readonly number[]) {
  return sql.unsafe<T[]>(query, [ids]);
}

/** The line is null where it does not tell all: when it is not there, or leaves out microseconds. */
const known = `
  select c.booster_customer_id as id,
    case when date_trunc('milliseconds', c.creation_date) = c.creation_date
      and date_trunc('milliseconds', c.last_transaction_date) is not distinct from c.last_transaction_date
    then l.line end as line
  from customers c left join customer_lines l
    on l.brand = c.brand and l.booster_customer_id = c.booster_customer_id and l.version = customer_line_version()
  where c.booster_customer_id = any($1::int[])`;

/** In the order in which everybody locks customers. */
const hold = `
  select booster_customer_id as id from customers
  where booster_customer_id = any($1::int[]) order by 1 for no key update`;
