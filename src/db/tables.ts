import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  check,
  customType,
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

/** An instant with microseconds; read as a JavaScript Date, which keeps the milliseconds. */
const instant = () => timestamp({ withTimezone: true, precision: 6, mode: 'date' });
/** Text that lines are ordered by: compared by code point, whatever the database's locale. */
const code = customType<{ data: string }>({ dataType: () => 'text collate "C"' });
/** Text written by the database itself from other columns; see `migrations/0000_functions.sql`. */
const derivedText = customType<{ data: string }>({ dataType: () => 'text' });

// --- who and where -----------------------------------------------------------------------------

/** A Maison: the tenant boundary. */
export const brands = pgTable('brands', {
  code: text().primaryKey(),
  name: text().notNull(),
});

/** A boutique of one brand. The legacy code is unique within its brand. */
export const pointsOfSale = pgTable(
  'points_of_sale',
  {
    brand: text()
      .notNull()
      .references(() => brands.code),
    posCode: text().notNull(),
    name: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.brand, t.posCode] })],
);

/** A person known to one brand. Amounts have two decimals and no currency: a brand reports in one. */
export const customers = pgTable(
  'customers',
  {
    boosterCustomerId: integer().primaryKey(),
    sapCrmId: text(),
    brand: text().notNull(),
    posCode: text().notNull(),
    firstName: text(),
    lastName: text(),
    email: text(),
    /** E.164, as the CRM gave it. */
    phoneNumber: text(),
    locationCountryId: text(),
    birthdate: date({ mode: 'string' }),
    creationDate: instant().notNull(),
    /** `Prospect` or `Client`, as in the lines. */
    customerStatus: text().notNull(),
    canBeContactedByMaison: boolean().notNull(),
    hasSapCrmError: boolean().notNull(),
    /** Total of the customer's transactions, kept by a trigger; as given while it has none. */
    clientSpending: numeric({ precision: 16, scale: 2 }).notNull().default('0'),
    /** Date of the latest transaction, kept by a trigger; as given while it has none. */
    lastTransactionDate: instant(),
    saleRepresentativeEmail: text(),
    /** The phone number's digits without its country calling code; null without a phone number. */
    nationalPhoneNumber: derivedText().generatedAlwaysAs(sql`national_phone_number(phone_number)`),
    /** "first last" and "last first" on two lines, without case and accents. */
    searchName: derivedText().generatedAlwaysAs(sql`search_name(first_name, last_name)`),
  },
  (t) => [
    foreignKey({ columns: [t.brand, t.posCode], foreignColumns: [pointsOfSale.brand, pointsOfSale.posCode] }),
    check('customers_status', sql`${t.customerStatus} in ('Prospect', 'Client')`),
    // With the point of sale, so that counting and cutting key ranges need the index alone.
    index('customers_by_brand').on(t.brand, t.boosterCustomerId, t.posCode),
    index('customers_by_email').on(sql`fold_case(trim(${t.email}))`),
    // Whole numbers are found by it too: few differ in the country alone.
    index('customers_by_national_phone').on(t.nationalPhoneNumber),
    index('customers_by_sap_crm_id').on(sql`fold_case(${t.sapCrmId})`),
    index('customers_by_name').using('gin', sql`${t.searchName} gin_trgm_ops`),
  ],
);

// --- what a customer likes and bought -------------------------------------------------------------

const customerId = () =>
  integer()
    .notNull()
    .references(() => customers.boosterCustomerId, { onDelete: 'cascade' });

export const customerInterests = pgTable(
  'customer_interests',
  { boosterCustomerId: customerId(), sapInterestId: code().notNull(), interest: text() },
  (t) => [primaryKey({ columns: [t.boosterCustomerId, t.sapInterestId] })],
);

/** A hobby may be known by its text alone, so it has no key of its own. */
export const customerHobbies = pgTable(
  'customer_hobbies',
  { boosterCustomerId: customerId(), sapHobbyId: code(), hobby: code() },
  (t) => [unique('customer_hobbies_once').on(t.boosterCustomerId, t.sapHobbyId, t.hobby).nullsNotDistinct()],
);

export const customerProductCollections = pgTable(
  'customer_product_collections',
  { boosterCustomerId: customerId(), sapProductCollectionId: code().notNull(), productCollection: text() },
  (t) => [primaryKey({ columns: [t.boosterCustomerId, t.sapProductCollectionId] })],
);

/** One purchase. Its category is missing when all five ids are. */
export const transactions = pgTable(
  'transactions',
  {
    boosterCustomerId: customerId(),
    transactionId: code().notNull(),
    transactionDate: instant().notNull(),
    amount: numeric({ precision: 16, scale: 2 }).notNull(),
    brandCategoryId: text(),
    grandCategoryId: text(),
    masterCategoryId: text(),
    categoryId: text(),
    subCategoryId: text(),
  },
  (t) => [primaryKey({ columns: [t.boosterCustomerId, t.transactionId] })],
);

/**
 * The default export line of each customer, kept by triggers in the transaction that changes it
 * (`migrations/0003_lines.sql`).
 */
export const customerLines = pgTable(
  'customer_lines',
  {
    brand: text().notNull(),
    /** With the brand, all that decides who may read the line. */
    posCode: text().notNull(),
    boosterCustomerId: integer().notNull(),
    /** Of the line's format: one that is not current is not read, and soon built anew. */
    version: integer().notNull(),
    /** JSON without a line break. */
    line: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.brand, t.boosterCustomerId] })],
);

// --- what a filter form offers ------------------------------------------------------------------------

const brandCode = () =>
  text()
    .notNull()
    .references(() => brands.code);

export const interests = pgTable(
  'interests',
  { brand: brandCode(), sapInterestId: code().notNull(), interest: text() },
  (t) => [primaryKey({ columns: [t.brand, t.sapInterestId] })],
);

export const hobbies = pgTable('hobbies', { brand: brandCode(), sapHobbyId: code(), hobby: code() }, (t) => [
  unique('hobbies_once').on(t.brand, t.sapHobbyId, t.hobby).nullsNotDistinct(),
]);

export const productCollections = pgTable(
  'product_collections',
  { brand: brandCode(), sapProductCollectionId: code().notNull(), productCollection: text() },
  (t) => [primaryKey({ columns: [t.brand, t.sapProductCollectionId] })],
);

export const productCategories = pgTable(
  'product_categories',
  {
    brand: brandCode(),
    brandCategoryId: text(),
    grandCategoryId: text(),
    masterCategoryId: text(),
    categoryId: text(),
    subCategoryId: text(),
  },
  (t) => [
    unique('product_categories_path')
      .on(t.brand, t.brandCategoryId, t.grandCategoryId, t.masterCategoryId, t.categoryId, t.subCategoryId)
      .nullsNotDistinct(),
  ],
);

export const salesRepresentatives = pgTable(
  'sales_representatives',
  { brand: brandCode(), email: text().notNull(), name: text() },
  (t) => [primaryKey({ columns: [t.brand, t.email] })],
);

// --- exports ------------------------------------------------------------------------------------------

/** One export task. The row is the truth: queue, events and files follow it. */
export const exports = pgTable(
  'exports',
  {
    id: uuid().primaryKey().defaultRandom(),
    brand: text().notNull(),
    requestedBy: text().notNull(),
    downloadRequestId: text().notNull(),
    /** sha256 of the canonical request: tells a repeated request from a changed one. */
    fingerprint: text().notNull(),
    filter: jsonb().notNull(),
    selection: text().notNull(),
    compression: text().notNull(),
    /** Whose customers the caller might see when it asked: `ReadScope` of `db/row-security.ts`. */
    readScope: jsonb().notNull(),
    /** The trace that asked for it, in W3C's words, so that whoever runs it goes on with that; null = none. */
    traceparent: text(),
    status: text().notNull().default('CREATED'),
    /** The fence: every claim adds one, and only the holder of the current number may write. */
    attempt: integer().notNull().default(0),
    /** Attempts that an orderly stop gave back: they do not count against the task. */
    returns: integer().notNull().default(0),
    /** After an attempt that failed for a passing reason: when the next one may begin; null = at once. */
    retryAt: instant(),
    cancelRequestedBy: text(),
    /** Grows with every change, so that a reader can tell new from old. */
    version: bigint({ mode: 'number' }).notNull().default(0),
    objectCount: integer().notNull().default(0),
    totalObjectCount: integer(),
    progress: doublePrecision().notNull().default(0),
    objectsPerSecond: doublePrecision(),
    estimatedCompletionAt: instant(),
    createdAt: instant().notNull().default(sql`clock_timestamp()`),
    startedAt: instant(),
    completedAt: instant(),
    expiresAt: instant(),
    transactionTime: instant(),
    /** Where the storage keeps the published file; null before COMPLETED and after EXPIRED. */
    fileKey: text(),
    fileSize: bigint({ mode: 'number' }),
    uncompressedSize: bigint({ mode: 'number' }),
    /** 64 hex digits over the bytes served. */
    fileSha256: text(),
    failureCode: text(),
    failureMessage: text(),
    failureRetryable: boolean(),
  },
  (t) => [
    uniqueIndex('exports_by_request').on(t.requestedBy, t.brand, t.downloadRequestId),
    index('exports_by_creation').on(t.createdAt, t.id),
    index('exports_unfinished')
      .on(t.brand, t.createdAt)
      .where(sql`status in ('CREATED', 'RUNNING', 'CANCELING')`),
    index('exports_by_expiry').on(t.expiresAt).where(sql`status = 'COMPLETED'`),
  ],
);

/** Who did what to which export, and from where. Rows are only ever added. */
export const audit = pgTable(
  'audit',
  {
    id: bigserial({ mode: 'number' }).primaryKey(),
    at: instant().notNull().default(sql`clock_timestamp()`),
    actor: text().notNull(),
    /** start, cancel, delete, download, complete, fail or expire. */
    action: text().notNull(),
    exportId: uuid().notNull(),
    brand: text().notNull(),
    details: jsonb().notNull().default({}),
  },
  (t) => [index('audit_by_export').on(t.exportId)],
);

/** Things made once per installation, such as the key that signs file URLs. */
export const settings = pgTable('settings', { key: text().primaryKey(), value: text().notNull() });
