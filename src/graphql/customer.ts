import type { Customer, CustomerTransaction, ProductCategory } from '../customers/customer.ts';
import { builder } from './builder.ts';

export const customerStatusType = builder.enumType('CustomerStatus', {
  description: 'Whether a customer has bought already. Lines and REST write it `Prospect` and `Client`.',
  values: {
    PROSPECT: { description: 'Known, but without a purchase.' },
    CLIENT: { description: 'Has bought.' },
  } as const,
});

export const customerInterestType = builder
  .objectRef<Customer['interests'][number]>('CustomerInterest')
  .implement({
    description: 'What a customer is interested in.',
    fields: (t) => ({
      interest: t.exposeString('interest', {
        description: 'What the interest is called; null when unknown.',
      }),
      sapInterestId: t.exposeString('sapInterestId', {
        nullable: false,
        description: 'SAP id, for example `CA-1`.',
      }),
    }),
  });

export const customerHobbyType = builder.objectRef<Customer['hobbies'][number]>('CustomerHobby').implement({
  description: 'A hobby of a customer.',
  fields: (t) => ({
    hobby: t.exposeString('hobby', { description: 'What the hobby is called; null when unknown.' }),
    sapHobbyId: t.exposeString('sapHobbyId', {
      description: 'SAP id, for example `ART`; null when SAP does not know the hobby.',
    }),
  }),
});

export const customerProductCollectionType = builder
  .objectRef<Customer['productCollections'][number]>('CustomerProductCollection')
  .implement({
    description: 'A product collection that a customer likes.',
    fields: (t) => ({
      productCollection: t.exposeString('productCollection', {
        description: 'What the collection is called; null when unknown.',
      }),
      sapProductCollectionId: t.exposeString('sapProductCollectionId', {
        nullable: false,
        description: 'SAP id, for example `CA-1`.',
      }),
    }),
  });

export const productCategoryType = builder.objectRef<ProductCategory>('ProductCategory').implement({
  description: 'Where a product stands in the five levels of categories.',
  fields: (t) => ({
    brandCategoryId: t.exposeString('brandCategoryId', {
      description: 'Id of the brand’s own category; null when unknown.',
    }),
    grandCategoryId: t.exposeString('grandCategoryId', {
      description: 'Id of the grand category; null when unknown.',
    }),
    masterCategoryId: t.exposeString('masterCategoryId', {
      description: 'Id of the master category; null when unknown.',
    }),
    categoryId: t.exposeString('categoryId', { description: 'Id of the category; null when unknown.' }),
    subCategoryId: t.exposeString('subCategoryId', {
      description: 'Id of the sub-category; null when unknown.',
    }),
  }),
});

const transactionType = builder.objectRef<CustomerTransaction>('CustomerTransaction').implement({
  description: 'One purchase of a customer.',
  fields: (t) => ({
    transactionId: t.exposeString('transactionId', {
      nullable: false,
      description: 'Id of the purchase, unique for its customer.',
    }),
    transactionDate: t.expose('transactionDate', {
      type: 'DateTime',
      nullable: false,
      description: 'When it took place.',
    }),
    amount: t.exposeFloat('amount', {
      nullable: false,
      description: 'Amount in the brand’s currency, with two decimals; negative for a return.',
    }),
    productCategory: t.expose('productCategory', {
      type: productCategoryType,
      description: 'What was bought; null when no category is known.',
    }),
  }),
});

export const customerType = builder.objectRef<Customer>('Customer').implement({
  description:
    'A person known to one brand, with the values that an export writes into its line. Exports select from these fields.',
  fields: (t) => ({
    boosterCustomerId: t.exposeInt('boosterCustomerId', {
      nullable: false,
      description: 'Id of the customer, unique in this installation.',
    }),
    sapCrmId: t.exposeString('sapCrmId', {
      description: 'Id in SAP CRM; null when SAP does not know the customer.',
    }),
    brand: t.exposeString('brand', { nullable: false, description: 'Code of the brand (Maison).' }),
    posCode: t.exposeString('posCode', {
      nullable: false,
      description: 'Legacy code of the point of sale (boutique).',
    }),
    firstName: t.exposeString('firstName', { description: 'First name; null when unknown.' }),
    lastName: t.exposeString('lastName', { description: 'Last name; null when unknown.' }),
    email: t.exposeString('email', { description: 'Email address as it was given; null when unknown.' }),
    phoneNumber: t.exposeString('phoneNumber', {
      description: 'Phone number in E.164, for example `+39021234567`; null when unknown.',
    }),
    locationCountryId: t.exposeString('locationCountryId', {
      description: 'Two-letter id of the country, for example `it`; null when unknown.',
    }),
    birthdate: t.expose('birthdate', { type: 'Date', description: 'Day of birth; null when unknown.' }),
    creationDate: t.expose('creationDate', {
      type: 'DateTime',
      nullable: false,
      description: 'When the customer was created.',
    }),
    customerStatus: t.field({
      type: customerStatusType,
      nullable: false,
      description: 'Whether the customer has bought already.',
      resolve: ({ customerStatus }) => (customerStatus === 'Client' ? 'CLIENT' : 'PROSPECT'),
    }),
    canBeContactedByMaison: t.exposeBoolean('canBeContactedByMaison', {
      nullable: false,
      description: 'Whether the customer lets the Maison get in touch.',
    }),
    hasSapCrmError: t.exposeBoolean('hasSapCrmError', {
      nullable: false,
      description: 'Whether SAP CRM refused the customer’s last change.',
    }),
    clientSpending: t.exposeFloat('clientSpending', {
      nullable: false,
      description:
        'Total of all the customer’s transactions in the brand’s currency, with two decimals; 0 without any.',
    }),
    lastTransactionDate: t.expose('lastTransactionDate', {
      type: 'DateTime',
      description: 'When the latest transaction took place; null without any.',
    }),
    saleRepresentativeEmail: t.exposeString('saleRepresentativeEmail', {
      description: 'Email address of the customer’s sales representative; null when there is none.',
    }),
    interests: t.expose('interests', {
      type: [customerInterestType],
      nullable: false,
      description: 'Interests, ordered by SAP id.',
    }),
    hobbies: t.expose('hobbies', {
      type: [customerHobbyType],
      nullable: false,
      description: 'Hobbies, ordered by SAP id; those without an id come last, by text.',
    }),
    productCollections: t.expose('productCollections', {
      type: [customerProductCollectionType],
      nullable: false,
      description: 'Product collections, ordered by SAP id.',
    }),
    transactions: t.expose('transactions', {
      type: [transactionType],
      nullable: false,
      description: 'Transactions, ordered by date, then id. Not part of the default export line.',
    }),
  }),
});
