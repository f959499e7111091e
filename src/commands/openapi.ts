import { writeFile } from 'node:fs/promises';
import { buildSchema } from '../graphql/schema.ts';
import { describeApi } from '../http/openapi.ts';
import { onlyHelps, runCommand } from './run-command.ts';

const usage = `Usage: npm run openapi

Writes openapi.json anew from the code.
`;

await runCommand(async () => {
  if (onlyHelps(usage)) return 0;
  const text = `${JSON.stringify(describeApi(buildSchema()), null, 2)}\n`;
  await writeFile(new URL('../../openapi.json', import.meta.url), text);
  process.stdout.write('openapi.json is written.\n');
  return 0;
});
