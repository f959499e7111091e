import { and, between, eq, or, type SQL, sql } from 'drizzle-orm';
import {
  customerHobbies,
  customerInterests,
  customerProductCollections,
  customers,
  transactions,
} from '../../db/tables.ts';
import type { CustomerFilter, CustomerHobby, ProductCategory } from '../filter.ts';
import { decimal, instant, integers, texts } from './parameters.ts';
import { readNationalNumber } from './phone.ts';

/** Part of the customers by boosterCustomerId, with both bounds. */
export type KeyRange = { readonly first: number; readonly last: number };

/** A filter, or one whose POS codes are known to be all of the brand's and need not be looked at. */
export type Conditions = Omit<CustomerFilter, 'posCodes'> & Partial<Pick<CustomerFilter, 'posCodes'>>;

/**
 * The WHERE of a query over the table `customers`: those that `filter` matches, in `range` or all.
 * All values are parameters, and a list is a single one, however long.
 */
export function customerWhere(filter: Conditions, range?: KeyRange): SQL {
  const conditions = [within(customers, range), ...whatTheyAre(filter), ...whatTheyHave(filter, range)];
  return sql`(${sql.join(
    conditions.filter((condition) => condition !== undefined),
    sql` and `,
  )})`;
}

function whatTheyAre(filter: Conditions): (SQL | undefined)[] {
  const c = customers;
  return [
    eq(c.brand, filter.brand),
    when(filter.posCodes, (codes) => sql`${c.posCode} = any(${texts(codes)})`),
    when(filter.searchKey, matchesSearchKey),
    when(filter.phoneNumber, hasPhoneNumber),
    when(filter.email, hasEmail),
    when(filter.locationCountryIds, (ids) => sql`fold_case(${c.locationCountryId}) = any(${texts(ids)})`),
    when(filter.clientSpendingFrom, (from) => sql`${c.clientSpending} >= ${decimal(from)}`),
    when(filter.clientSpendingTo, (to) => sql`${c.clientSpending} <= ${decimal(to)}`),
    when(filter.creationDateFrom, (from) => sql`${c.creationDate} >= ${instant(from)}`),
    when(filter.creationDateTo, (to) => sql`${c.creationDate} <= ${instant(to)}`),
    when(filter.canBeContactedByMaison, (flag) => eq(c.canBeContactedByMaison, flag)),
    when(
      filter.birthdateMonths,
      (months) => sql`extract(month from ${c.birthdate})::int = any(${integers(months)})`,
    ),
    when(
      filter.customerStatus,
      (list) => sql`${c.customerStatus} = any(${texts(list.map((status) => storedStatus[status]))})`,
    ),
    when(filter.boosterCustomerIds, (ids) => sql`${c.boosterCustomerId} = any(${integers(ids)})`),
    when(filter.hasSapCrmError, (flag) => eq(c.hasSapCrmError, flag)),
    when(
      filter.saleRepresentativeEmails,
      (emails) => sql`fold_case(${c.saleRepresentativeEmail}) = any(fold_cases(${texts(emails)}))`,
    ),
  ];
}

const storedStatus = { PROSPECT: 'Prospect', CLIENT: 'Client' };

/** Five ways to be meant, each with an index of its own: together they are a BitmapOr. */
function matchesSearchKey(key: string): SQL | undefined {
  const number = readNationalNumber(key);
  const id = /^(0|-?[1-9]\d{0,9})$/.test(key) ? Number(key) : null;
  return or(
    sql`${customers.searchName} like search_pattern(${key})`,
    hasEmail(key),
    number === null ? undefined : eq(customers.nationalPhoneNumber, number),
    id === null || id !== (id | 0) ? undefined : eq(customers.boosterCustomerId, id),
    sql`fold_case(${customers.sapCrmId}) = fold_case(${key})`,
  );
}

/** The index is of what follows the country's calling code. */
function hasPhoneNumber(number: string): SQL | undefined {
  const { nationalPhoneNumber, phoneNumber } = customers;
  return and(
    sql`${nationalPhoneNumber} = national_phone_number(${number})`,
    sql`plain_phone_number(${phoneNumber}) = ${number}`,
  );
}

function hasEmail(email: string): SQL {
  return sql`fold_case(trim(${customers.email})) = fold_case(${email})`;
}

type ChildTable =
  | typeof customerInterests
  | typeof customerHobbies
  | typeof customerProductCollections
  | typeof transactions;

/** What at least one row of a child table must meet. The conditions are independent: each may find another row. */
function whatTheyHave(filter: Conditions, range?: KeyRange): (SQL | undefined)[] {
  const haveOne = (child: ChildTable, condition: SQL | undefined) => {
    const theirs = eq(child.boosterCustomerId, customers.boosterCustomerId);
    // The planner does not carry the bounds over from the customers, and would read the whole child table.
    return sql`exists (select from ${child} where ${and(theirs, within(child, range), condition)})`;
  };
  const { transactionDateFrom, transactionDateTo } = filter;
  return [
    when(filter.interests, (list) => {
      const ids = texts(list.map((interest) => interest.sapInterestId));
      return haveOne(customerInterests, sql`${customerInterests.sapInterestId} = any(${ids})`);
    }),
    when(filter.hobbies, (list) => haveOne(customerHobbies, isHobby(list))),
    when(filter.productCollections, (list) => {
      const ids = texts(list.map((collection) => collection.sapProductCollectionId));
      return haveOne(
        customerProductCollections,
        sql`${customerProductCollections.sapProductCollectionId} = any(${ids})`,
      );
    }),
    when(transactionDateFrom ?? transactionDateTo, () =>
      haveOne(
        transactions,
        and(
          when(transactionDateFrom, (from) => sql`${transactions.transactionDate} >= ${instant(from)}`),
          when(transactionDateTo, (to) => sql`${transactions.transactionDate} <= ${instant(to)}`),
        ),
      ),
    ),
    when(filter.productCategories, (list) => haveOne(transactions, isOfCategory(list))),
  ];
}

/** The id decides; the text does where there is no id. */
function isHobby(hobbies: readonly CustomerHobby[]): SQL | undefined {
  const ids = hobbies.flatMap((hobby) => hobby.sapHobbyId ?? []);
  const names = hobbies.flatMap((hobby) => (hobby.sapHobbyId === undefined ? (hobby.hobby ?? []) : []));
  return or(
    ids.length === 0 ? undefined : sql`${customerHobbies.sapHobbyId} = any(${texts(ids)})`,
    names.length === 0
      ? undefined
      : sql`fold_case(${customerHobbies.hobby}) = any(fold_cases(${texts(names)}))`,
  );
}

/** A category has every id that one of the wanted has; an id that is not wanted may be any or missing. */
function isOfCategory(wanted: readonly ProductCategory[]): SQL {
  const ids = (key: keyof ProductCategory) =>
    sql`${sql.param(wanted.map((category) => category[key] ?? null))}::text[]`;
  const t = transactions;
  return sql`exists (
    select from unnest(${ids('brandCategoryId')}, ${ids('grandCategoryId')}, ${ids('masterCategoryId')},
      ${ids('categoryId')}, ${ids('subCategoryId')}) as wanted (brand, grand, master, category, sub)
    where ${t.grandCategoryId} = wanted.grand
      and (wanted.brand is null or ${t.brandCategoryId} = wanted.brand)
      and (wanted.master is null or ${t.masterCategoryId} = wanted.master)
      and (wanted.category is null or ${t.categoryId} = wanted.category)
      and (wanted.sub is null or ${t.subCategoryId} = wanted.sub))`;
}

function within(table: typeof customers | ChildTable, range?: KeyRange): SQL | undefined {
  return range && between(table.boosterCustomerId, range.first, range.last);
}

function when<T>(given: T | undefined, condition: (given: T) => SQL | undefined): SQL | undefined {
  return given === undefined ? undefined : condition(given);
}
