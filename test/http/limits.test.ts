import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { useApp } from '../support/app.ts';
import { query, watch } from '../support/client.ts';

const open = useApp();
const closed = useApp({ INTROSPECTION: 'off', GRAPHIQL: 'off' });

const filter = '{ brand: "b", posCodes: ["p"] }';
const wholeCustomer = `boosterCustomerId sapCrmId brand posCode firstName lastName email phoneNumber locationCountryId
  birthdate creationDate customerStatus canBeContactedByMaison hasSapCrmError clientSpending lastTransactionDate
  saleRepresentativeEmail interests { interest sapInterestId } hobbies { hobby sapHobbyId }
  productCollections { productCollection sapProductCollectionId }
  transactions { transactionId transactionDate amount productCategory { brandCategoryId grandCategoryId masterCategoryId categoryId subCategoryId } }`;
const deep = (fields: string) => `{ customers(filter: ${filter}, first: 1) { nodes { ${fields} } } }`;

const tooComplex = {
  'more tokens than any sensible document': `{ ${'brands { code } '.repeat(600)} }`,
  'a hundred starts in one document': `mutation { ${Array.from({ length: 100 }, (_, i) => `a${i}: startCustomerExport(input: { downloadRequestId: "${i}", filter: ${filter} }) { asyncTaskId }`).join(' ')} }`,
  'aliases of an expensive field': `{ ${Array.from({ length: 10 }, (_, i) => `a${i}: customers(filter: ${filter}, first: 1000) { nodes { ${wholeCustomer} } }`).join(' ')} }`,
  'breadth through fragments': `query { brands { ...A } } fragment A on Brand { ...B b: pointsOfSale { ...C } } fragment B on Brand { ${Array.from({ length: 600 }, (_, i) => `c${i}: code`).join(' ')} } fragment C on PointOfSale { name }`,
};

describe.each(Object.entries(tooComplex))('%s', (_, document) => {
  test('is TOO_COMPLEX over HTTP', async () => {
    const { body } = await query(open.url(), document);
    expect(body.errors?.map(({ extensions }) => extensions?.['code'])).toContain('TOO_COMPLEX');
    expect(Object.values(body.data ?? {}).filter(Boolean)).toEqual([]);
  });

  test('is TOO_COMPLEX over WebSocket', async () => {
    const [event] = await watch(open.url(), document, {}).catch((errors) => [{ errors }]);
    expect(JSON.stringify(event)).toContain('TOO_COMPLEX');
  });
});

test('a page of a thousand whole customers is within the limits', async () => {
  const { body } = await query(
    open.url(),
    `{ customers(filter: ${filter}, first: 1000) { totalCount nodes { ${wholeCustomer} } } }`,
  );
  expect(body.errors?.[0]?.extensions?.['code']).toBe('BAD_USER_INPUT');
});

test('GraphiQL’s introspection is within the limits', async () => {
  const { body } = await query(open.url(), getIntrospectionQuery({ inputValueDeprecation: true }));
  expect(body.errors).toBeUndefined();
});

test('without introspection the schema cannot be asked for, nor guessed from suggestions', async () => {
  const asked = await query(closed.url(), getIntrospectionQuery());
  expect(asked.body.data).toBeUndefined();
  expect(asked.body.errors?.[0]?.extensions?.['code']).toBe('GRAPHQL_VALIDATION_FAILED');
  for (const document of ['{ brand { code } }', deep('boosterCustomerIdd'), '{ brands { cod } }']) {
    const { body } = await query(closed.url(), document);
    expect(JSON.stringify(body)).not.toContain('Did you mean');
  }
});
