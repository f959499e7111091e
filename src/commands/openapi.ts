import { writeFile } from 'node:fs/promises';
import { buildSchema } from '../graphql/schema.ts';
import { describeApi } from '../http/openapi.ts';

/** Writes `openapi.json` anew. */
const text = `${JSON.stringify(describeApi(buildSchema()), null, 2)}\n`;
await writeFile(new URL('../../openapi.json', import.meta.url), text);
process.stdout.write('openapi.json is written.\n');
