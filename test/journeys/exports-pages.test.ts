import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { query } from '../support/client.ts';

const app = useApp({ ROLES: 'gateway' });
const COUNT = 7;

/** Newest first, as they are to be listed. */
let newestFirst: string[];

beforeAll(async () => {
  await app.db.execute(sql`insert into brands values ('cartier', 'Cartier')`);
  await app.db.execute(sql`insert into points_of_sale values ('cartier', 'P1', 'Paris')`);
  for (let n = 0; n < COUNT; n++) await start(`request ${n}`);
  // Some at the same instant, where the id decides.
  const rows = await app.db.execute<{ id: string }>(sql`with moved as (
      update exports set created_at = timestamptz '2026-01-01 00:00:00.000001Z'
        + make_interval(secs => right(download_request_id, 1)::int / 3) returning id, created_at)
    select id from moved order by created_at desc, id desc`);
  newestFirst = rows.map(({ id }) => id);
});

async function start(downloadRequestId: string): Promise<void> {
  const { body } = await query(
    app.url(),
    'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId userErrors { message } } }',
    { input: { downloadRequestId, filter: { brand: 'cartier', posCodes: ['P1'] } } },
  );
  expect(body.data?.['startCustomerExport'].userErrors).toEqual([]);
}

type Args = { first?: number; last?: number; after?: string | null; before?: string | null };

async function page(args: Args) {
  const { body } = await query(
    app.url(),
    `query ($first: Int, $last: Int, $after: String, $before: String) {
      customerExports(first: $first, last: $last, after: $after, before: $before) {
        totalCount edges { cursor } nodes { asyncTaskId }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`,
    args,
  );
  expect(body.errors).toBeUndefined();
  const { nodes, edges, pageInfo, totalCount } = body.data?.['customerExports'] ?? {};
  expect(totalCount).toBe(COUNT);
  return {
    ...pageInfo,
    ids: nodes.map(({ asyncTaskId }: { asyncTaskId: string }) => asyncTaskId),
    cursors: edges.map(({ cursor }: { cursor: string }) => cursor),
  };
}

describe('the pages of exports', () => {
  test.each([1, 2, 3, 7, 100])('give each of them once, newest first, %i at a time', async (first) => {
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const next = await page({ first, after });
      expect(next.hasNextPage).toBe(ids.length + next.ids.length < COUNT);
      expect(next.hasPreviousPage).toBe(ids.length > 0);
      ids.push(...next.ids);
      after = next.hasNextPage ? next.endCursor : null;
    } while (after !== null);
    expect(ids).toEqual(newestFirst);
  });

  test.each([1, 2, 3, 7, 100])('give each of them once from the end, %i at a time', async (last) => {
    const ids: string[] = [];
    let before: string | null = null;
    do {
      const next = await page({ last, before });
      expect(next.hasPreviousPage).toBe(ids.length + next.ids.length < COUNT);
      expect(next.hasNextPage).toBe(ids.length > 0);
      ids.unshift(...next.ids);
      before = next.hasPreviousPage ? next.startCursor : null;
    } while (before !== null);
    expect(ids).toEqual(newestFirst);
  });

  test('lie between two cursors', async () => {
    const { cursors } = await page({});
    const [after, before] = [cursors[1], cursors[5]];
    expect((await page({ after, before })).ids).toEqual(newestFirst.slice(2, 5));
    expect((await page({ first: 2, after, before })).ids).toEqual(newestFirst.slice(2, 4));
    expect((await page({ last: 2, after, before })).ids).toEqual(newestFirst.slice(3, 5));
    expect((await page({ after: before, before: after })).ids).toEqual([]);
  });

  test('are empty after the last of them', async () => {
    const { endCursor } = await page({});
    expect(await page({ first: 2, after: endCursor })).toMatchObject({
      ids: [],
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: null,
      endCursor: null,
    });
  });

  test('are refused with every fault of their arguments', async () => {
    const { body } = await query(
      app.url(),
      '{ customerExports(first: 0, last: 101, after: "MQ", before: "") { totalCount } }',
    );
    const { code, userErrors } = body.errors?.[0]?.extensions ?? {};
    expect(code).toBe('BAD_USER_INPUT');
    expect(userErrors).toEqual(
      ['last', 'last', 'after', 'before'].map((field) =>
        expect.objectContaining({ code: 'INVALID', field: [field] }),
      ),
    );
  });
});
