import {
  type Brand,
  listBrands,
  listHobbies,
  listInterests,
  listPointsOfSale,
  listProductCategories,
  listProductCollections,
  listSaleRepresentatives,
} from '../customers/brands.ts';
import { builder } from './builder.ts';
import {
  customerHobbyType,
  customerInterestType,
  customerProductCollectionType,
  productCategoryType,
} from './customer.ts';

const pointOfSaleType = builder.objectRef<{ posCode: string; name: string }>('PointOfSale').implement({
  description: 'A boutique of a brand.',
  fields: (t) => ({
    posCode: t.exposeString('posCode', {
      nullable: false,
      description: 'Legacy code, unique within the brand.',
    }),
    name: t.exposeString('name', { nullable: false, description: 'What it is called.' }),
  }),
});

const saleRepresentativeType = builder
  .objectRef<{ email: string; name: string | null }>('SaleRepresentative')
  .implement({
    description: 'Someone who looks after customers of a brand.',
    fields: (t) => ({
      email: t.exposeString('email', { nullable: false, description: 'Email address.' }),
      name: t.exposeString('name', { description: 'Full name; null when unknown.' }),
    }),
  });

const brandType = builder.objectRef<Brand>('Brand').implement({
  description: 'A Maison, with everything that a filter form for its customers offers.',
  fields: (t) => ({
    code: t.exposeString('code', { nullable: false, description: 'Short code such as `cartier`.' }),
    name: t.exposeString('name', { nullable: false, description: 'What it is called.' }),
    pointsOfSale: t.field({
      type: [pointOfSaleType],
      nullable: false,
      description: 'Those that the caller may see, by code.',
      resolve: ({ code }, _, { deps, viewer }) => listPointsOfSale(deps.db, code, viewer.posCodes),
    }),
    interests: t.field({
      type: [customerInterestType],
      nullable: false,
      description: 'Interests that its customers have or had, by SAP id.',
      resolve: ({ code }, _, { deps }) => listInterests(deps.db, code),
    }),
    hobbies: t.field({
      type: [customerHobbyType],
      nullable: false,
      description: 'Hobbies that its customers have or had, by SAP id.',
      resolve: ({ code }, _, { deps }) => listHobbies(deps.db, code),
    }),
    productCollections: t.field({
      type: [customerProductCollectionType],
      nullable: false,
      description: 'Product collections that its customers like, by SAP id.',
      resolve: ({ code }, _, { deps }) => listProductCollections(deps.db, code),
    }),
    productCategories: t.field({
      type: [productCategoryType],
      nullable: false,
      description: 'Categories that its customers have bought from.',
      resolve: ({ code }, _, { deps }) => listProductCategories(deps.db, code),
    }),
    saleRepresentatives: t.field({
      type: [saleRepresentativeType],
      nullable: false,
      description: 'Its sales representatives, by email address.',
      resolve: ({ code }, _, { deps }) => listSaleRepresentatives(deps.db, code),
    }),
  }),
});

builder.queryField('brands', (t) =>
  t.field({
    type: [brandType],
    nullable: false,
    description: 'The brands that the caller may see, by code.',
    resolve: (_, _args, { viewer, deps }) => listBrands(deps.db, viewer.brands),
  }),
);
