import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { afterAll, expect, test } from 'vitest';
import type { Viewer } from '../../src/auth/viewer.ts';
import * as tables from '../../src/db/tables.ts';
import { requireTask } from '../../src/exports/access.ts';
import { openDownload } from '../../src/exports/download.ts';
import { useExports, viewerOf } from '../support/export-deps.ts';
import { insertExport } from '../support/exports.ts';
import { useDatabase } from '../support/postgres.ts';

const { deps } = useExports();
const { url } = useDatabase();
const statements: string[] = [];
const client = postgres(url, { max: 1, onnotice: () => {} });
const db = drizzle({
  client,
  schema: tables,
  casing: 'snake_case',
  logger: { logQuery: (statement) => statements.push(statement) },
});
afterAll(() => client.end());

/** What was asked of the database, and what came of it. */
async function workOf(act: () => Promise<unknown>) {
  statements.length = 0;
  const outcome = await act().then(
    () => 'found',
    (error: Error) => `${error.name}: ${error.message}`,
  );
  return { outcome, statements: [...statements] };
}

const nothing = '00000000-0000-4000-8000-000000000000';
const limited = (subject: string, posCodes: string[]): Viewer => ({ ...viewerOf(subject), posCodes });

test.each<[string, Viewer]>([
  ['somebody else of the brand', viewerOf('bob')],
  ['somebody of another brand', { ...viewerOf('alice'), brands: ['piaget'] }],
  [
    'an administrator of another brand',
    { ...viewerOf('zoe', { scopes: ['exports:admin'] }), brands: ['piaget'] },
  ],
  ['its owner, of other points of sale by now', limited('alice', ['P2'])],
])('to %s an export is what does not exist: the same answer by the same questions', async (_, viewer) => {
  const id = await insertExport(db, { filter: { brand: 'cartier', posCodes: ['P1'] } });
  expect((await workOf(() => requireTask(db, viewerOf('alice'), id))).outcome).toBe('found');
  const foreign = await workOf(() => requireTask(db, viewer, id));
  expect(foreign).toEqual(await workOf(() => requireTask(db, viewer, nothing)));
  expect(foreign.outcome).toBe('AccessError: There is no such export.');
  expect(foreign.statements).toHaveLength(1);
});

test('to a link that was not signed here, too', async () => {
  const id = await insertExport(db);
  const permit = { expires: '9999999999', signature: 'x' };
  const open = (taskId: string) =>
    workOf(() => openDownload({ ...deps, db }, taskId, permit, { ip: null, userAgent: null }));
  expect(await open(id)).toEqual(await open(nothing));
});
