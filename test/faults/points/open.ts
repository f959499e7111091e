import { openStorage as open } from '../../../src/storage/open.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { faults, strike } from './strike.ts';

/** Stands for `src/storage/open.ts`: the same storage, with fault points around its writing. */
export async function openStorage(...args: Parameters<typeof open>): Promise<Storage> {
  const storage = await open(...args);
  return {
    ...storage,
    write: async (key, chunks, signal) => {
      const written = await storage.write(key, pass(chunks), signal);
      strike('before-publish');
      return written;
    },
  };
}

async function* pass(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of chunks) {
    if (faults.FAULT_POISON && Buffer.from(chunk).includes(faults.FAULT_POISON)) process.abort();
    yield chunk;
    const pauseMs = (Number(faults.FAULT_MS_PER_MB ?? 0) * chunk.byteLength) / 1_000_000;
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (++count === 3) strike('mid-read');
  }
  strike('before-sync');
}
