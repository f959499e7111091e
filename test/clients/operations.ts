// Made by generate.ts from operations.graphql and the schema. Do not edit.
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
// biome-ignore-all assist: generated
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** CREATED → RUNNING → COMPLETED or FAILED; CANCELING → CANCELED; COMPLETED → EXPIRED. COMPLETED, FAILED, CANCELED and EXPIRED are terminal. */
export type CustomerExportStatus =
  /** Was stopped. There is no file. */
  | 'CANCELED'
  /** Was asked to stop while it ran; the worker is about to. */
  | 'CANCELING'
  /** The file is whole and can be downloaded. */
  | 'COMPLETED'
  /** Waits for a worker. */
  | 'CREATED'
  /** The file is no longer kept; the record is. */
  | 'EXPIRED'
  /** It could not be done; `failure` says why. */
  | 'FAILED'
  /** A worker reads customers and writes lines. */
  | 'RUNNING';

/** Which customers: those that match every field given. Values in one list are alternatives. null, an absent field and an empty list do not filter, except where a field is required. Lists hold up to 1,000 values unless said otherwise. */
export type CustomerFilterInput = {
  /** Months of birth, 1 (January) to 12; an unknown birthdate never matches. */
  birthdateMonths?: Array<number> | null | undefined;
  /** Has one of these ids; up to 10,000. */
  boosterCustomerIds?: Array<number> | null | undefined;
  /** Code of the brand (Maison), compared exactly. */
  brand: string;
  /** Whether the customer lets the Maison get in touch. */
  canBeContactedByMaison?: boolean | null | undefined;
  /** Least `clientSpending`, inclusive. */
  clientSpendingFrom?: number | null | undefined;
  /** Greatest `clientSpending`, inclusive. */
  clientSpendingTo?: number | null | undefined;
  /** Earliest creation, inclusive; a bare date means its first instant. */
  creationDateFrom?: string | null | undefined;
  /** Latest creation, inclusive; a bare date means its last instant. */
  creationDateTo?: string | null | undefined;
  /** Has one of these statuses. */
  customerStatus?: Array<CustomerStatus> | null | undefined;
  /** The whole email address, without case and outer spaces. */
  email?: string | null | undefined;
  /** Whether SAP CRM refused the customer’s last change. */
  hasSapCrmError?: boolean | null | undefined;
  /** Has one of these hobbies. */
  hobbies?: Array<CustomerHobbyInput> | null | undefined;
  /** Has one of these interests. */
  interests?: Array<CustomerInterestInput> | null | undefined;
  /** Two-letter country ids such as `it`, without case. */
  locationCountryIds?: Array<string> | null | undefined;
  /** The whole phone number in E.164, `+39 02 1234567`; spaces, dashes, dots and brackets do not count, `00` counts as `+`. */
  phoneNumber?: string | null | undefined;
  /** Legacy codes of points of sale of this brand, 1 to 1,000; the customer belongs to one of them. */
  posCodes: Array<string>;
  /** Bought something of one of these categories. */
  productCategories?: Array<ProductCategoryInput> | null | undefined;
  /** Likes one of these product collections. */
  productCollections?: Array<ProductCollectionInput> | null | undefined;
  /** Its sales representative has one of these email addresses, without case. */
  saleRepresentativeEmails?: Array<string> | null | undefined;
  /** 1 to 200 characters: part of the full name (“first last” or “last first”, without case and accents), or the whole email, the whole phone number without its country calling code, the boosterCustomerId or the sapCrmId. */
  searchKey?: string | null | undefined;
  /** With `transactionDateTo`: has a transaction in this range, inclusive; a bare date means its first instant. */
  transactionDateFrom?: string | null | undefined;
  /** With `transactionDateFrom`: has a transaction in this range, inclusive; a bare date means its last instant. */
  transactionDateTo?: string | null | undefined;
};

/** A hobby to filter by: at least one of the two. The SAP id decides when it is given. */
export type CustomerHobbyInput = {
  /** What the hobby is called; compared without case, when there is no id. */
  hobby?: string | null | undefined;
  /** SAP id, for example `ART`; compared exactly. */
  sapHobbyId?: string | null | undefined;
};

/** An interest to filter by. The SAP id decides. */
export type CustomerInterestInput = {
  /** The caller’s label; not compared. */
  interest: string;
  /** SAP id, for example `CA-1`; compared exactly. */
  sapInterestId: string;
};

/** Whether a customer has bought already. Lines and REST write it `Prospect` and `Client`. */
export type CustomerStatus =
  /** Has bought. */
  | 'CLIENT'
  /** Known, but without a purchase. */
  | 'PROSPECT';

/** How the file is compressed: it is a compressed file, not an HTTP content encoding. */
export type ExportCompression =
  /** gzip: `.jsonl.gz`. */
  | 'GZIP'
  /** Not at all: `.jsonl`. */
  | 'NONE'
  /** Zstandard: `.jsonl.zst`; smaller and faster than gzip. */
  | 'ZSTD';

/** A product category to filter by: the customer bought something that has every id given. */
export type ProductCategoryInput = {
  /** Id of the brand’s own category; null matches any. */
  brandCategoryId?: string | null | undefined;
  /** Id of the category; null matches any. */
  categoryId?: string | null | undefined;
  /** Id of the grand category. */
  grandCategoryId: string;
  /** Id of the master category; null matches any. */
  masterCategoryId?: string | null | undefined;
  /** Id of the sub-category; null matches any. */
  subCategoryId?: string | null | undefined;
};

/** A product collection to filter by. The SAP id decides. */
export type ProductCollectionInput = {
  /** The caller’s label; not compared. */
  productCollection: string;
  /** SAP id, for example `CA-1`; compared exactly. */
  sapProductCollectionId: string;
};

/** What to export. */
export type StartCustomerExportInput = {
  /** How to compress the file. */
  compression?: ExportCompression;
  /** The caller’s own id of this request, 1 to 128 characters without control characters: the idempotency key, per caller and brand. */
  downloadRequestId: string;
  /** Which customers. */
  filter: CustomerFilterInput;
  /** A selection set on Customer, `{ boosterCustomerId email transactions { amount } }`: aliases allowed, fragments and directives not; at most 10,000 characters and 16 lists. null = every field except `transactions`. */
  selection?: string | null | undefined;
};

/** Why a request is refused. */
export type UserErrorCode =
  /** The request contradicts what is already there. */
  | 'CONFLICT'
  /** A value is malformed or out of range. */
  | 'INVALID'
  /** Too many requests or exports; try again later. */
  | 'LIMIT_REACHED'
  /** What is named does not exist, or not for this caller. */
  | 'NOT_FOUND'
  /** A value is missing or empty. */
  | 'REQUIRED'
  /** A list or text is longer than allowed. */
  | 'TOO_LARGE';

export type ExploreQueryVariables = Exact<{
  filter: CustomerFilterInput;
}>;


export type ExploreQuery = { customers: { totalCount: number, nodes: Array<{ boosterCustomerId: number, firstName: string | null, lastName: string | null }> } };

export type StartMutationVariables = Exact<{
  input: StartCustomerExportInput;
}>;


export type StartMutation = { startCustomerExport: { asyncTaskId: string | null, userErrors: Array<{ code: UserErrorCode, message: string, field: Array<string> | null }> } };

export type WatchSubscriptionVariables = Exact<{
  asyncTaskId: string;
}>;


export type WatchSubscription = { customerExportProgress: { asyncTaskId: string, status: CustomerExportStatus, progress: number, objectCount: number, totalObjectCount: number | null, file: { url: string, fileName: string, fileChecksum: string } | null, failure: { message: string, retryable: boolean } | null } };

export type WatchAllSubscriptionVariables = Exact<{
  brand?: string | null | undefined;
}>;


export type WatchAllSubscription = { customerExportsProgress: { asyncTaskId: string, status: CustomerExportStatus, progress: number, objectCount: number, totalObjectCount: number | null, file: { url: string, fileName: string, fileChecksum: string } | null, failure: { message: string, retryable: boolean } | null } };

export type LookQueryVariables = Exact<{
  asyncTaskId: string;
}>;


export type LookQuery = { customerExport: { asyncTaskId: string, status: CustomerExportStatus, progress: number, objectCount: number, totalObjectCount: number | null, file: { url: string, fileName: string, fileChecksum: string } | null, failure: { message: string, retryable: boolean } | null } | null };

export type ProgressFragment = { asyncTaskId: string, status: CustomerExportStatus, progress: number, objectCount: number, totalObjectCount: number | null, file: { url: string, fileName: string, fileChecksum: string } | null, failure: { message: string, retryable: boolean } | null };

export const ProgressFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Progress"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CustomerExport"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"asyncTaskId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"objectCount"}},{"kind":"Field","name":{"kind":"Name","value":"totalObjectCount"}},{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"fileName"}},{"kind":"Field","name":{"kind":"Name","value":"fileChecksum"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}}]}}]} as unknown as DocumentNode<ProgressFragment, unknown>;
export const ExploreDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Explore"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CustomerFilterInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customers"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"boosterCustomerId"}},{"kind":"Field","name":{"kind":"Name","value":"firstName"}},{"kind":"Field","name":{"kind":"Name","value":"lastName"}}]}}]}}]}}]} as unknown as DocumentNode<ExploreQuery, ExploreQueryVariables>;
export const StartDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Start"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"StartCustomerExportInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"startCustomerExport"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"asyncTaskId"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}}]}}]}}]}}]} as unknown as DocumentNode<StartMutation, StartMutationVariables>;
export const WatchDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"Watch"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"asyncTaskId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customerExportProgress"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"asyncTaskId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"asyncTaskId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Progress"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Progress"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CustomerExport"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"asyncTaskId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"objectCount"}},{"kind":"Field","name":{"kind":"Name","value":"totalObjectCount"}},{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"fileName"}},{"kind":"Field","name":{"kind":"Name","value":"fileChecksum"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}}]}}]} as unknown as DocumentNode<WatchSubscription, WatchSubscriptionVariables>;
export const WatchAllDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"WatchAll"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"brand"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customerExportsProgress"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"brand"},"value":{"kind":"Variable","name":{"kind":"Name","value":"brand"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Progress"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Progress"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CustomerExport"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"asyncTaskId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"objectCount"}},{"kind":"Field","name":{"kind":"Name","value":"totalObjectCount"}},{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"fileName"}},{"kind":"Field","name":{"kind":"Name","value":"fileChecksum"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}}]}}]} as unknown as DocumentNode<WatchAllSubscription, WatchAllSubscriptionVariables>;
export const LookDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Look"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"asyncTaskId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customerExport"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"asyncTaskId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"asyncTaskId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Progress"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Progress"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CustomerExport"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"asyncTaskId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"objectCount"}},{"kind":"Field","name":{"kind":"Name","value":"totalObjectCount"}},{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"fileName"}},{"kind":"Field","name":{"kind":"Name","value":"fileChecksum"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}}]}}]} as unknown as DocumentNode<LookQuery, LookQueryVariables>;
