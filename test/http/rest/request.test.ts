import { expect, test } from 'vitest';
import { readRestRequest } from '../../../src/http/rest/request.ts';

const read = (body: object) => readRestRequest('cartier', Object.entries(body));

test('names ignore case, those of listed objects too', () => {
  const { downloadRequestId, filter, problems } = read({
    DOWNLOADREQUESTID: 'r',
    PosCodes: ['P1'],
    Interests: [{ Interest: 'x', SAPINTERESTID: 'CA-1' }],
    productcategories: [{ GrandCategoryId: 'g', subcategoryid: null }],
  });
  expect({ downloadRequestId, problems }).toEqual({ downloadRequestId: 'r', problems: [] });
  expect(filter).toEqual({
    brand: 'cartier',
    posCodes: ['P1'],
    interests: [{ interest: 'x', sapInterestId: 'CA-1' }],
    productCategories: [{ grandCategoryId: 'g', subCategoryId: null }],
  });
});

test('the page’s words become the filter’s', () => {
  const { filter } = read({
    customerStatus: ['Prospect', 'cLIENT', 3],
    creationDateFrom: '/Date(1640995200000+0100)/',
    transactionDateTo: '2022-01-01',
  });
  expect(filter).toMatchObject({
    customerStatus: ['PROSPECT', 'CLIENT', 3],
    creationDateFrom: '2022-01-01T00:00:00.000Z',
    transactionDateTo: '2022-01-01',
  });
});

test('what is of no use is handed on as it is, for the filter to refuse', () => {
  const strange = {
    posCodes: 'P1',
    interests: [7, null, [1]],
    customerStatus: 'Client',
    creationDateFrom: 5,
    colour: 1,
  };
  const { filter, problems } = read(strange);
  expect(filter).toEqual({ ...strange, brand: 'cartier' });
  expect(problems).toEqual([]);
});

test('a name given twice is refused where it stands', () => {
  const { problems } = read({
    posCodes: ['P1'],
    PosCodes: ['P2'],
    hobbies: [{}, { hobby: 'a', Hobby: 'b' }],
  });
  expect(problems.map(({ code, path }) => [code, path.join('.')])).toEqual([
    ['INVALID', 'filter.posCodes'],
    ['INVALID', 'filter.hobbies.1.hobby'],
  ]);
});

test('the brand of the body may be left out, and must be the path’s otherwise', () => {
  expect(read({ brand: 'cartier' }).problems).toEqual([]);
  expect(read({ brand: null }).problems).toEqual([]);
  for (const brand of ['piaget', 'Cartier', '', 7]) {
    expect(read({ brand }).problems).toMatchObject([{ code: 'INVALID', path: ['filter', 'brand'] }]);
    expect(read({ brand }).filter.brand).toBe('cartier');
  }
});

test('a downloadRequestId is text; a missing one is for the domain to miss', () => {
  expect(read({})).toMatchObject({ downloadRequestId: '', problems: [] });
  expect(read({ downloadRequestId: null })).toMatchObject({ downloadRequestId: '', problems: [] });
  for (const downloadRequestId of [7, true, ['r'], {}]) {
    expect(read({ downloadRequestId }).problems).toMatchObject([
      { code: 'INVALID', path: ['downloadRequestId'] },
    ]);
  }
});
