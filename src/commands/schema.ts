import { writeFile } from 'node:fs/promises';
import { printSchemaFile } from '../graphql/print-schema.ts';
import { buildSchema } from '../graphql/schema.ts';
import { onlyHelps, runCommand } from './run-command.ts';

const usage = `Usage: npm run schema

Writes schema.graphql anew from the code.
`;

await runCommand(async () => {
  if (onlyHelps(usage)) return 0;
  await writeFile(new URL('../../schema.graphql', import.meta.url), printSchemaFile(buildSchema()));
  process.stdout.write('schema.graphql is written.\n');
  return 0;
});
