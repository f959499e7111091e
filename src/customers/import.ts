import { Readable } from 'node:stream';
import { createIdSet } from './import/ids.ts';
import { parseCustomerLine } from './import/line.ts';
import { type Line, readLines } from './import/lines.ts';
import { type Load, loadCustomers } from './import/load.ts';
import { BadLine } from './import/values.ts';

export type ImportOptions = {
  /** Told of every line that does not go in, or whose customer an earlier line had. Lines count from 1. */
  readonly onFault: (line: number, reason: string) => void;
  /** Told now and then how far it is. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Stops it: then the database is as it was, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** See {@link loadCustomers}. */
  readonly batchRows?: number;
};

export type ImportProgress = {
  /** Good lines read so far … */
  readonly read: number;
  /** … and how many of these the database has. They count only once all are there. */
  readonly stored: number;
};

export type ImportReport = {
  /** Lines that went in, each a customer. */
  readonly imported: number;
  /** Lines that a later one of the same customer replaced. */
  readonly replaced: number;
  /** Bad lines. */
  readonly skipped: number;
};

/**
 * Puts the customers of a file's lines into the database, by their id, whatever the file's size. Bad lines are told
 * and left out; all others go in together, or none when it is interrupted or fails.
 * @throws what reading `source` throws, what the database says, or the signal's reason.
 */
export async function importCustomers(
  url: string,
  source: AsyncIterable<Uint8Array>,
  { onFault, onProgress, signal, batchRows }: ImportOptions,
): Promise<ImportReport> {
  const seen = createIdSet();
  const counts = { added: 0, replaced: 0, skipped: 0 };
  let stored = 0;
  const tell = () => onProgress?.({ read: counts.added, stored });

  const take = ({ number, text }: Line, load: Load) => {
    try {
      if (text instanceof BadLine) throw text;
      const customer = parseCustomerLine(text);
      const again = !seen.add(customer.boosterCustomerId);
      load.add(customer, text.length);
      counts.added += 1;
      if (again) {
        counts.replaced += 1;
        onFault(
          number,
          `boosterCustomerId ${customer.boosterCustomerId} was on an earlier line, which this one replaces`,
        );
      }
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      counts.skipped += 1;
      onFault(number, error.message);
    }
  };

  const onStored = (customers: number) => {
    stored = customers;
    tell();
  };
  await loadCustomers(url, { signal, onStored, batchRows }, async (load) => {
    for await (const lines of readLines(Readable.from(source, { signal, highWaterMark: 1 }))) {
      for (const line of lines) take(line, load);
      tell();
      await load.drain();
    }
  });
  return { imported: counts.added - counts.replaced, replaced: counts.replaced, skipped: counts.skipped };
}
