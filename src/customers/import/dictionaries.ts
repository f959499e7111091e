import type postgres from 'postgres';
import type { CustomerLine } from '../customer-line.ts';

/** Writes what a filter form offers, and customers refer to: made of customers' lines. */
export type Dictionaries = {
  /**
   * Collects what these customers bring that none before them did. What it returns writes that, where it is not there;
   * what is there stays, but for a label that was missing.
   */
  readonly collect: (customers: readonly CustomerLine[]) => () => Promise<void>;
};

/** Entries of a table remembered as written; beyond, all are forgotten, so that memory stays the same whatever a file has. */
const MOST_REMEMBERED = 20_000;

export function createDictionaries(sql: postgres.Sql): Dictionaries {
  const written = new Map(dictionaries.map(({ table }) => [table, createMemory()]));
  const collectFrom = (customers: readonly CustomerLine[], { table, entriesOf }: Dictionary) => {
    const isNew = written.get(table) ?? createMemory();
    const news: Entry[] = [];
    for (const customer of customers) {
      for (const entry of entriesOf(customer)) if (isNew(entry)) news.push(entry);
    }
    return news;
  };
  return {
    collect(customers) {
      const news = dictionaries.map((dictionary) => ({
        dictionary,
        entries: collectFrom(customers, dictionary),
      }));
      return async () => {
        for (const { dictionary, entries } of news) {
          const [first] = entries;
          if (!first) continue;
          const columns = first.map((_, n) => entries.map((entry) => entry[n] ?? null));
          await sql.unsafe(dictionary.statement, columns);
        }
      };
    },
  };
}

type Entry = readonly (string | null)[];

/** What was there so far, by its first value, below that by its second, and so on. */
type Tree = Map<string | null, Tree>;

/** Tells of an entry whether it is new. Looking up its values one by one is far quicker than a text of all. */
function createMemory(): (entry: Entry) => boolean {
  const tree: Tree = new Map();
  let size = 0;
  return (entry) => {
    let isNew = false;
    let at = tree;
    for (const value of entry) {
      let below = at.get(value);
      if (!below) {
        below = new Map();
        at.set(value, below);
        isNew = true;
      }
      at = below;
    }
    if (isNew) size += 1;
    if (size > MOST_REMEMBERED) {
      tree.clear();
      size = 0;
    }
    return isNew;
  };
}

type Dictionary = {
  readonly table: string;
  readonly entriesOf: (customer: CustomerLine) => readonly Entry[];
  /** Takes the entries' columns, an array each. */
  readonly statement: string;
};

const dictionaries: readonly Dictionary[] = [
  {
    table: 'brands',
    entriesOf: ({ brand }) => [[brand]],
    statement:
      'insert into brands (code, name) select code, code from unnest($1::text[]) code on conflict do nothing',
  },
  {
    table: 'points_of_sale',
    entriesOf: ({ brand, posCode }) => [[brand, posCode]],
    // And holds them to the end: new customers come in without a look at whether their point of sale is there.
    statement: `
      with given as (select * from unnest($1::text[], $2::text[]) as given (brand, pos_code)),
        made as (
          insert into points_of_sale (brand, pos_code, name) select brand, pos_code, pos_code from given
          on conflict do nothing)
      select from points_of_sale join given using (brand, pos_code) for key share of points_of_sale`,
  },
  {
    table: 'sales_representatives',
    entriesOf: ({ brand, saleRepresentativeEmail: email }) => (email === null ? [] : [[brand, email]]),
    statement: `
      insert into sales_representatives (brand, email) select * from unnest($1::text[], $2::text[])
      on conflict do nothing`,
  },
  {
    table: 'interests',
    entriesOf: ({ brand, interests }) => interests.map(({ id, label }) => [brand, id, label]),
    statement: insertTags('interests', 'sap_interest_id', 'interest'),
  },
  {
    table: 'product_collections',
    entriesOf: ({ brand, productCollections }) =>
      productCollections.map(({ id, label }) => [brand, id, label]),
    statement: insertTags('product_collections', 'sap_product_collection_id', 'product_collection'),
  },
  {
    table: 'hobbies',
    entriesOf: ({ brand, hobbies }) => hobbies.map(({ id, label }) => [brand, id, label]),
    statement: `
      insert into hobbies (brand, sap_hobby_id, hobby) select * from unnest($1::text[], $2::text[], $3::text[])
      on conflict do nothing`,
  },
  {
    table: 'product_categories',
    entriesOf: ({ brand, transactions }) =>
      (transactions ?? []).flatMap(({ category }) => (category === null ? [] : [[brand, ...category]])),
    statement: `
      insert into product_categories
        (brand, brand_category_id, grand_category_id, master_category_id, category_id, sub_category_id)
      select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
      on conflict do nothing`,
  },
];

function insertTags(table: string, id: string, label: string): string {
  return `
    insert into ${table} as known (brand, ${id}, ${label})
    select brand, id, max(label collate "C")
    from unnest($1::text[], $2::text[], $3::text[]) as given (brand, id, label) group by brand, id
    on conflict (brand, ${id}) do update set ${label} = excluded.${label}
    where known.${label} is null and excluded.${label} is not null`;
}
