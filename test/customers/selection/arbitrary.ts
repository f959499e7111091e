import fc from 'fast-check';

// The fields of `Customer` and of what it holds, said again here: the program's own table is what is tested.

const leaves = [
  'boosterCustomerId',
  'sapCrmId',
  'brand',
  'posCode',
  'firstName',
  'lastName',
  'email',
  'phoneNumber',
  'locationCountryId',
  'birthdate',
  'creationDate',
  'customerStatus',
  'canBeContactedByMaison',
  'hasSapCrmError',
  'clientSpending',
  'lastTransactionDate',
  'saleRepresentativeEmail',
  '__typename',
];
const category = ['brandCategoryId', 'grandCategoryId', 'masterCategoryId', 'categoryId', 'subCategoryId'];
const tags = {
  interests: ['interest', 'sapInterestId'],
  hobbies: ['hobby', 'sapHobbyId'],
  productCollections: ['productCollection', 'sapProductCollectionId'],
};

/** One key of a line, as a test knows it. */
export type TestKey = { readonly key: string; readonly field: string; readonly selection: TestSelection };
export type TestSelection = readonly TestKey[];

type Unnamed = { readonly field: string; readonly selection: TestSelection };

const aliases = [
  'a1',
  'list_0',
  'line',
  'id',
  'email',
  'brand',
  'A1',
  '_',
  '__proto__',
  'constructor',
  'null',
];

/** Gives each field a key: mostly its own name, otherwise an alias. The first of two equal keys stays. */
function named(field: fc.Arbitrary<Unnamed>, maxLength: number): fc.Arbitrary<TestSelection> {
  const alias = fc.option(fc.constantFrom(...aliases), { nil: null, freq: 2 });
  const key = fc.tuple(field, alias).map(([field, alias]) => ({ key: alias ?? field.field, ...field }));
  return fc.uniqueArray(key, { minLength: 1, maxLength, selector: ({ key }) => key });
}

const leaf = (names: readonly string[]) =>
  fc.constantFrom(...names, '__typename').map((field): Unnamed => ({ field, selection: [] }));
const holder = (field: string, selection: fc.Arbitrary<TestSelection>) =>
  selection.map((selection): Unnamed => ({ field, selection }));

const transactions = holder(
  'transactions',
  named(
    fc.oneof(
      leaf(['transactionId', 'transactionDate', 'amount']),
      holder('productCategory', named(leaf(category), 5)),
    ),
    6,
  ),
);
const lists = Object.entries(tags).map(([field, names]) => holder(field, named(leaf(names), 3)));

/** Any selection on `Customer`: fields in any order, aliases, lists, and lists several times over. */
export const anySelection = named(
  fc.oneof({ weight: 2, arbitrary: leaf(leaves) }, ...lists, transactions),
  12,
);

/** As a caller writes it. `gap` stands between the words. */
export function writeSelection(selection: TestSelection, gap = ' '): string {
  const words = selection.flatMap(({ key, field, selection }) => [
    key === field ? field : `${key}${gap}:${gap}${field}`,
    ...(selection.length > 0 ? [writeSelection(selection, gap)] : []),
  ]);
  return ['{', ...words, '}'].join(gap);
}
