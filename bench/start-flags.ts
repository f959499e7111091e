import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** What `npm start` tells Node, so that the gateway runs here as it does there. */
export async function startFlags(): Promise<string[]> {
  const text = await readFile(join(import.meta.dirname, '../package.json'), 'utf8');
  const { scripts } = z.object({ scripts: z.object({ start: z.string() }) }).parse(JSON.parse(text));
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}
