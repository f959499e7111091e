import type { CategoryPath, Hobby, Tag, TransactionLine } from '../customer-line.ts';
import { readAmount } from './amount.ts';
import {
  BadLine,
  MAX_CATEGORY_ID,
  MAX_CODE,
  MAX_TEXT,
  MAX_WORD,
  quote,
  readCode,
  readInstantAt,
  readKey,
  readList,
  readObject,
  readText,
  refuseMissing,
} from './values.ts';

const interestKeys = new Set(['interest', 'sapInterestId']);
const hobbyKeys = new Set(['hobby', 'sapHobbyId']);
const collectionKeys = new Set(['productCollection', 'sapProductCollectionId']);
const transactionKeys = new Set(['transactionId', 'transactionDate', 'amount', 'productCategory']);
const categoryKeys = new Set([
  'brandCategoryId',
  'grandCategoryId',
  'masterCategoryId',
  'categoryId',
  'subCategoryId',
]);

export function readInterests(value: unknown): readonly Tag[] {
  const tags = (readList(value, 'interests') ?? []).map((element, n) => {
    const at = `interests[${n}]`;
    const { interest, sapInterestId } = readObject(element, at, interestKeys);
    return readTag(sapInterestId, `${at}.sapInterestId`, interest, `${at}.interest`);
  });
  refuseRepeats(tags, ({ id }) => id, 'interests', 'sapInterestId');
  return tags;
}

export function readProductCollections(value: unknown): readonly Tag[] {
  const tags = (readList(value, 'productCollections') ?? []).map((element, n) => {
    const at = `productCollections[${n}]`;
    const { productCollection, sapProductCollectionId } = readObject(element, at, collectionKeys);
    return readTag(
      sapProductCollectionId,
      `${at}.sapProductCollectionId`,
      productCollection,
      `${at}.productCollection`,
    );
  });
  refuseRepeats(tags, ({ id }) => id, 'productCollections', 'sapProductCollectionId');
  return tags;
}

function readTag(id: unknown, idAt: string, label: unknown, labelAt: string): Tag {
  return { id: readCode(id, idAt), label: readText(label, labelAt, MAX_TEXT) };
}

export function readHobbies(value: unknown): readonly Hobby[] {
  const hobbies = (readList(value, 'hobbies') ?? []).map((element, n) => {
    const at = `hobbies[${n}]`;
    const { hobby, sapHobbyId } = readObject(element, at, hobbyKeys);
    const id = readText(sapHobbyId, `${at}.sapHobbyId`, MAX_CODE);
    const label = readText(hobby, `${at}.hobby`, MAX_WORD);
    if (id === null && label === null) throw new BadLine(`${at} has neither hobby nor sapHobbyId`);
    return { id, label };
  });
  refuseRepeats(hobbies, ({ id }) => id, 'hobbies', 'sapHobbyId');
  refuseRepeats(hobbies, ({ id, label }) => (id === null ? label : null), 'hobbies', 'hobby');
  return hobbies;
}

/** Null when the line does not have them. */
export function readTransactions(value: unknown): readonly TransactionLine[] | null {
  const list = readList(value, 'transactions');
  if (list === null) return null;
  const transactions = list.map((element, n) => {
    const at = `transactions[${n}]`;
    const { transactionId, transactionDate, amount, productCategory } = readObject(
      element,
      at,
      transactionKeys,
    );
    return {
      transactionId: readKey(transactionId, `${at}.transactionId`),
      transactionDate: refuseMissing(
        readInstantAt(transactionDate, `${at}.transactionDate`),
        `${at}.transactionDate`,
      ),
      amount: refuseMissing(readAmount(amount, `${at}.amount`), `${at}.amount`),
      category: readCategory(productCategory, `${at}.productCategory`),
    };
  });
  refuseRepeats(transactions, ({ transactionId }) => transactionId, 'transactions', 'transactionId');
  return transactions;
}

/** One without any id is none. */
function readCategory(value: unknown, at: string): CategoryPath | null {
  if (value === undefined || value === null) return null;
  const ids = readObject(value, at, categoryKeys);
  const read = (key: string) => readText(ids[key], `${at}.${key}`, MAX_CATEGORY_ID);
  const path: CategoryPath = [
    read('brandCategoryId'),
    read('grandCategoryId'),
    read('masterCategoryId'),
    read('categoryId'),
    read('subCategoryId'),
  ];
  return path.some((id) => id !== null) ? path : null;
}

/** Elements without a key may be any number. */
function refuseRepeats<T>(
  elements: readonly T[],
  keyOf: (element: T) => string | null,
  list: string,
  keyName: string,
): void {
  if (elements.length < 2) return;
  const seen = new Set<string>();
  for (const element of elements) {
    const key = keyOf(element);
    if (key === null) continue;
    if (seen.has(key)) throw new BadLine(`${list} has the ${keyName} ${quote(key)} twice`);
    seen.add(key);
  }
}
