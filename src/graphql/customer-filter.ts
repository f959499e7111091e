import { builder } from './builder.ts';
import { customerStatusType } from './customer.ts';

const interestInput = builder.inputType('CustomerInterestInput', {
  description: 'An interest to filter by. The SAP id decides.',
  fields: (t) => ({
    interest: t.string({ required: true, description: 'The caller’s label; not compared.' }),
    sapInterestId: t.string({ required: true, description: 'SAP id, for example `CA-1`; compared exactly.' }),
  }),
});

const hobbyInput = builder.inputType('CustomerHobbyInput', {
  description: 'A hobby to filter by: at least one of the two. The SAP id decides when it is given.',
  fields: (t) => ({
    hobby: t.string({ description: 'What the hobby is called; compared without case, when there is no id.' }),
    sapHobbyId: t.string({ description: 'SAP id, for example `ART`; compared exactly.' }),
  }),
});

const productCollectionInput = builder.inputType('ProductCollectionInput', {
  description: 'A product collection to filter by. The SAP id decides.',
  fields: (t) => ({
    productCollection: t.string({ required: true, description: 'The caller’s label; not compared.' }),
    sapProductCollectionId: t.string({
      required: true,
      description: 'SAP id, for example `CA-1`; compared exactly.',
    }),
  }),
});

const productCategoryInput = builder.inputType('ProductCategoryInput', {
  description: 'A product category to filter by: the customer bought something that has every id given.',
  fields: (t) => ({
    brandCategoryId: t.string({ description: 'Id of the brand’s own category; null matches any.' }),
    grandCategoryId: t.string({ required: true, description: 'Id of the grand category.' }),
    masterCategoryId: t.string({ description: 'Id of the master category; null matches any.' }),
    categoryId: t.string({ description: 'Id of the category; null matches any.' }),
    subCategoryId: t.string({ description: 'Id of the sub-category; null matches any.' }),
  }),
});

export const customerFilterInput = builder.inputType('CustomerFilterInput', {
  description:
    'Which customers: those that match every field given. Values in one list are alternatives. null, an absent field and an empty list do not filter, except where a field is required. Lists hold up to 1,000 values unless said otherwise.',
  fields: (t) => ({
    brand: t.string({ required: true, description: 'Code of the brand (Maison), compared exactly.' }),
    posCodes: t.stringList({
      required: true,
      description:
        'Legacy codes of points of sale of this brand, 1 to 1,000; the customer belongs to one of them.',
    }),
    searchKey: t.string({
      description:
        '1 to 200 characters: part of the full name (“first last” or “last first”, without case and accents), or the whole email, the whole phone number without its country calling code, the boosterCustomerId or the sapCrmId.',
    }),
    phoneNumber: t.string({
      description:
        'The whole phone number in E.164, `+39 02 1234567`; spaces, dashes, dots and brackets do not count, `00` counts as `+`.',
    }),
    email: t.string({ description: 'The whole email address, without case and outer spaces.' }),
    locationCountryIds: t.stringList({ description: 'Two-letter country ids such as `it`, without case.' }),
    clientSpendingFrom: t.float({ description: 'Least `clientSpending`, inclusive.' }),
    clientSpendingTo: t.float({ description: 'Greatest `clientSpending`, inclusive.' }),
    creationDateFrom: t.field({
      type: 'DateTime',
      description: 'Earliest creation, inclusive; a bare date means its first instant.',
    }),
    creationDateTo: t.field({
      type: 'DateTime',
      description: 'Latest creation, inclusive; a bare date means its last instant.',
    }),
    transactionDateFrom: t.field({
      type: 'DateTime',
      description:
        'With `transactionDateTo`: has a transaction in this range, inclusive; a bare date means its first instant.',
    }),
    transactionDateTo: t.field({
      type: 'DateTime',
      description:
        'With `transactionDateFrom`: has a transaction in this range, inclusive; a bare date means its last instant.',
    }),
    canBeContactedByMaison: t.boolean({
      description: 'Whether the customer lets the Maison get in touch.',
    }),
    birthdateMonths: t.intList({
      description: 'Months of birth, 1 (January) to 12; an unknown birthdate never matches.',
    }),
    interests: t.field({ type: [interestInput], description: 'Has one of these interests.' }),
    hobbies: t.field({ type: [hobbyInput], description: 'Has one of these hobbies.' }),
    productCollections: t.field({
      type: [productCollectionInput],
      description: 'Likes one of these product collections.',
    }),
    customerStatus: t.field({ type: [customerStatusType], description: 'Has one of these statuses.' }),
    boosterCustomerIds: t.intList({ description: 'Has one of these ids; up to 10,000.' }),
    hasSapCrmError: t.boolean({ description: 'Whether SAP CRM refused the customer’s last change.' }),
    productCategories: t.field({
      type: [productCategoryInput],
      description: 'Bought something of one of these categories.',
    }),
    saleRepresentativeEmails: t.stringList({
      description: 'Its sales representative has one of these email addresses, without case.',
    }),
  }),
});
