import { createHash } from 'node:crypto';
import { and, asc, eq, gt, relations } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { z } from 'zod';
import * as tables from '../src/db/tables.ts';
import type { Outcome } from './contestant.ts';

const { customers, customerHobbies, customerInterests, customerProductCollections } = tables;

/** What an application does that has an ORM and JSON.stringify: pages of customers with their lists. */
function openRelations(url: string) {
  const client = postgres(url, { max: 1, onnotice: () => {} });
  const schema = {
    ...tables,
    customersRelations: relations(customers, ({ many }) => ({
      interests: many(customerInterests),
      hobbies: many(customerHobbies),
      productCollections: many(customerProductCollections),
    })),
    interestsRelations: relations(customerInterests, ({ one }) => ({
      customer: one(customers, {
        fields: [customerInterests.boosterCustomerId],
        references: [customers.boosterCustomerId],
      }),
    })),
    hobbiesRelations: relations(customerHobbies, ({ one }) => ({
      customer: one(customers, {
        fields: [customerHobbies.boosterCustomerId],
        references: [customers.boosterCustomerId],
      }),
    })),
    collectionsRelations: relations(customerProductCollections, ({ one }) => ({
      customer: one(customers, {
        fields: [customerProductCollections.boosterCustomerId],
        references: [customers.boosterCustomerId],
      }),
    })),
  };
  return { db: drizzle({ client, schema, casing: 'snake_case' }), end: () => client.end() };
}

type Peer = ReturnType<typeof openRelations>['db'];
const PAGE = 1000;
const lists = {
  interests: {
    columns: { interest: true, sapInterestId: true },
    orderBy: asc(customerInterests.sapInterestId),
  },
  hobbies: { columns: { hobby: true, sapHobbyId: true }, orderBy: asc(customerHobbies.sapHobbyId) },
  productCollections: {
    columns: { productCollection: true, sapProductCollectionId: true },
    orderBy: asc(customerProductCollections.sapProductCollectionId),
  },
} as const;

const readPage = (db: Peer, brand: string, page: { after: number } | { offset: number }) =>
  db.query.customers.findMany({
    columns: { nationalPhoneNumber: false, searchName: false },
    where: and(
      eq(customers.brand, brand),
      'after' in page ? gt(customers.boosterCustomerId, page.after) : undefined,
    ),
    orderBy: asc(customers.boosterCustomerId),
    limit: PAGE,
    ...('offset' in page ? { offset: page.offset } : {}),
    with: lists,
  });

function toLine(row: Awaited<ReturnType<typeof readPage>>[number]): string {
  return `${JSON.stringify({ ...row, clientSpending: Number(row.clientSpending) })}\n`;
}

/** Reads `most` customers in pages, each after the last one's key or at its place. */
export async function readPages(
  url: string,
  brand: string,
  how: 'keyset' | 'offset',
  most = Number.POSITIVE_INFINITY,
): Promise<Outcome> {
  const { db, end } = openRelations(url);
  const hash = createHash('sha256');
  let lines = 0;
  let after = -(2 ** 31);
  const started = performance.now();
  while (lines < most) {
    const rows = await readPage(db, brand, how === 'keyset' ? { after } : { offset: lines });
    hash.update(rows.map(toLine).join(''));
    lines += rows.length;
    after = rows.at(-1)?.boosterCustomerId ?? after;
    if (rows.length < PAGE) break;
  }
  const seconds = (performance.now() - started) / 1000;
  await end();
  return { lines, seconds, sha256: hash.digest('hex') };
}

const page = z.object({
  data: z.object({
    customers: z.object({
      nodes: z.array(z.record(z.string(), z.unknown())),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
    }),
  }),
});

/** What a frontend would do: our own `customers` query in pages of 1,000. */
export async function pageAsClient(
  url: string,
  filter: unknown,
  most = Number.POSITIVE_INFINITY,
): Promise<Outcome> {
  const hash = createHash('sha256');
  let lines = 0;
  let after: string | null = null;
  const started = performance.now();
  while (lines < most) {
    const response: Response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: document, variables: { filter, after } }),
    });
    const { nodes, pageInfo } = page.parse(await response.json()).data.customers;
    hash.update(nodes.map((node) => `${JSON.stringify(asLine(node))}\n`).join(''));
    lines += nodes.length;
    after = pageInfo.endCursor;
    if (!pageInfo.hasNextPage) break;
  }
  return { lines, seconds: (performance.now() - started) / 1000, sha256: hash.digest('hex') };
}

/** The enum is the one value that GraphQL and the lines write differently. */
function asLine(node: Record<string, unknown>): Record<string, unknown> {
  return { ...node, customerStatus: node['customerStatus'] === 'CLIENT' ? 'Client' : 'Prospect' };
}

const document = `query ($filter: CustomerFilterInput!, $after: String) {
  customers(filter: $filter, first: 1000, after: $after) {
    nodes {
      boosterCustomerId sapCrmId brand posCode firstName lastName email phoneNumber locationCountryId birthdate
      creationDate customerStatus canBeContactedByMaison hasSapCrmError clientSpending lastTransactionDate
      saleRepresentativeEmail
      interests { interest sapInterestId }
      hobbies { hobby sapHobbyId }
      productCollections { productCollection sapProductCollectionId }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;
