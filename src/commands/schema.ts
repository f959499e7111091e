import { writeFile } from 'node:fs/promises';
import { printSchemaFile } from '../graphql/print-schema.ts';
import { buildSchema } from '../graphql/schema.ts';

/** Writes `schema.graphql` anew. */
await writeFile(new URL('../../schema.graphql', import.meta.url), printSchemaFile(buildSchema()));
process.stdout.write('schema.graphql is written.\n');
