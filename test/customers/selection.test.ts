import { expect, test } from 'vitest';
import {
  completeSelection,
  defaultSelection,
  parseSelection,
  printSelection,
} from '../../src/customers/selection.ts';
import { fc } from '../support/fast-check.ts';
import { anySelection, writeSelection } from './selection/arbitrary.ts';

test('what is printed is read as the same selection', () => {
  fc.assert(
    fc.property(anySelection, (selection) => {
      expect(parseSelection(printSelection(selection))).toEqual(selection);
    }),
  );
});

test('a selection is printed in one form, however it was written', () => {
  const gap = fc.constantFrom(' ', '\n', '\t', ',', ' ,\r\n ', ' # comment { email }\n', '\ufeff ');
  fc.assert(
    fc.property(anySelection, gap, (selection, gap) => {
      const written = writeSelection(selection, gap);
      expect(printSelection(parseSelection(written))).toBe(printSelection(selection));
    }),
  );
});

test('a key written twice stands where it stood first, with what both select of it', () => {
  const text = `{
    email transactions { amount productCategory { categoryId } } a1: email
    transactions { transactionId productCategory { subCategoryId categoryId } amount } email
  }`;
  expect(printSelection(parseSelection(text))).toBe(
    '{ email transactions { amount productCategory { categoryId subCategoryId } transactionId } a1: email }',
  );
});

test('an alias that is the field’s own name is no alias', () => {
  expect(printSelection(parseSelection('{ email: email }'))).toBe('{ email }');
});

test('the default line is every field in the order of the contract, without transactions', () => {
  const contract =
    '{ boosterCustomerId sapCrmId brand posCode firstName lastName email phoneNumber locationCountryId birthdate ' +
    'creationDate customerStatus canBeContactedByMaison hasSapCrmError clientSpending lastTransactionDate ' +
    'saleRepresentativeEmail interests { interest sapInterestId } hobbies { hobby sapHobbyId } ' +
    'productCollections { productCollection sapProductCollectionId }';
  const transactions =
    'transactions { transactionId transactionDate amount productCategory ' +
    '{ brandCategoryId grandCategoryId masterCategoryId categoryId subCategoryId } }';
  expect(printSelection(defaultSelection)).toBe(`${contract} }`);
  expect(printSelection(completeSelection)).toBe(`${contract} ${transactions} }`);
});
