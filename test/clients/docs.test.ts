import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const examples = [
  'operations.graphql',
  'generate.ts',
  'job.ts',
  'graphql-ws.ts',
  'apollo-client.ts',
  'urql.ts',
  'graphql-sse.ts',
  'event-source.ts',
  'graphql-request.ts',
  'curl.sh',
];

const page = await readFile(join(import.meta.dirname, '../../docs/frontends.md'), 'utf8');
const shown = [...page.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code]) => code);
const read = (file: string) => readFile(join(import.meta.dirname, file), 'utf8');

test.each(examples)('docs/frontends.md shows %s as it is tested', async (file) => {
  expect(shown[examples.indexOf(file)]).toBe(await read(file));
});

test('docs/frontends.md shows no code besides', () => {
  expect(shown).toHaveLength(examples.length);
});

test.each(examples.slice(2))('%s has at most 25 lines besides its imports', async (file) => {
  const lines = (await read(file)).split('\n').filter((line) => line !== '' && !line.startsWith('import '));
  expect(lines.length).toBeLessThanOrEqual(25);
});

test('what docs/frontends.md links to is there', async () => {
  const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link);
  expect(links).toContain('graphiql.png');
  for (const link of links) await access(join(import.meta.dirname, '../../docs', link));
});
