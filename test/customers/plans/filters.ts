import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { CustomerFilterInput } from '../../../src/customers/filter.ts';
import type { Database } from '../../../src/db/client.ts';

/** Each way to filter by itself, named; every one matches somebody among the demo customers of a brand. */
export type Parts = Readonly<Record<string, CustomerFilterInput>>;

export type Samples = {
  readonly brand: string;
  /** The brand and all its points of sale. */
  readonly everybody: CustomerFilterInput;
  /** Those that find one customer or a few: they must not read more than that. */
  readonly lookups: Parts;
  readonly others: Parts;
};

/** Values of a customer of the largest brand who has all of them, and of what many have. */
export async function takeSamples(db: Database): Promise<Samples> {
  const [row] = await db.execute(sql`
    select booster_customer_id as id, brand, email, phone_number as phone, national_phone_number as national,
      sap_crm_id as sap, first_name || ' ' || last_name as name, sale_representative_email as seller,
      (select array_agg(pos_code order by pos_code) from points_of_sale p where p.brand = c.brand) as shops,
      (select min(sap_interest_id) from interests i where i.brand = c.brand) as interest,
      (select min(sap_hobby_id) from hobbies h where h.brand = c.brand) as hobby,
      (select min(hobby) from hobbies h where h.brand = c.brand) as "hobbyText",
      (select min(sap_product_collection_id) from product_collections p where p.brand = c.brand) as collection,
      (select min(grand_category_id) from product_categories p where p.brand = c.brand) as category
    from customers c
    where brand = (select brand from customers group by brand order by count(*) desc limit 1)
      and num_nulls(email, phone_number, sap_crm_id, first_name, last_name, sale_representative_email) = 0
      and length(first_name || last_name) > 14
    order by md5(booster_customer_id::text) limit 1`);
  const one = sample.parse(row);
  return {
    brand: one.brand,
    everybody: { brand: one.brand, posCodes: one.shops },
    lookups: {
      email: { email: one.email },
      phoneNumber: { phoneNumber: one.phone },
      boosterCustomerIds: { boosterCustomerIds: [one.id] },
      'searchKey (email)': { searchKey: one.email },
      'searchKey (phone number)': { searchKey: one.national },
      'searchKey (id)': { searchKey: String(one.id) },
      'searchKey (SAP id)': { searchKey: one.sap },
      'searchKey (name)': { searchKey: one.name },
    },
    others: {
      'one point of sale': { posCodes: one.shops.slice(0, 1) },
      'searchKey (two letters)': { searchKey: one.name.slice(0, 2) },
      locationCountryIds: { locationCountryIds: ['it', 'fr'] },
      clientSpending: { clientSpendingFrom: 1000, clientSpendingTo: 20_000 },
      creationDate: { creationDateFrom: '2020-01-01', creationDateTo: '2022-12-31' },
      transactionDate: { transactionDateFrom: '2024-01-01', transactionDateTo: '2024-03-31' },
      canBeContactedByMaison: { canBeContactedByMaison: true },
      birthdateMonths: { birthdateMonths: [2, 3] },
      interests: { interests: [{ interest: '', sapInterestId: one.interest }] },
      'hobbies (id)': { hobbies: [{ sapHobbyId: one.hobby }] },
      'hobbies (text)': { hobbies: [{ hobby: one.hobbyText }] },
      productCollections: {
        productCollections: [{ productCollection: '', sapProductCollectionId: one.collection }],
      },
      customerStatus: { customerStatus: ['CLIENT'] },
      'boosterCustomerIds (5,000)': {
        boosterCustomerIds: Array.from({ length: 5_000 }, (_, n) => one.id + n * 3),
      },
      hasSapCrmError: { hasSapCrmError: true },
      productCategories: { productCategories: [{ grandCategoryId: one.category }] },
      saleRepresentativeEmails: { saleRepresentativeEmails: [one.seller] },
    },
  };
}

const sample = z.object({
  id: z.int(),
  brand: z.string(),
  email: z.string(),
  phone: z.string(),
  national: z.string(),
  sap: z.string(),
  name: z.string(),
  seller: z.string(),
  shops: z.array(z.string()),
  interest: z.string(),
  hobby: z.string(),
  hobbyText: z.string(),
  collection: z.string(),
  category: z.string(),
});

/** Every part by itself, every two together unless `pairs` are not wanted, and all that may be together. */
export function combine({ lookups, others }: Samples, pairs: boolean): Map<string, CustomerFilterInput> {
  const parts = Object.entries({ ...lookups, ...others });
  const combined = new Map<string, CustomerFilterInput>([['everybody', {}]]);
  for (const [at, [name, part]] of parts.entries()) {
    combined.set(name, part);
    for (const [otherName, other] of pairs ? parts.slice(at + 1) : []) {
      const clash = Object.keys(part).some((key) => key in other);
      if (!clash) combined.set(`${name} + ${otherName}`, { ...part, ...other });
    }
  }
  combined.set('all that many match', Object.assign({}, ...Object.values(others)));
  return combined;
}
