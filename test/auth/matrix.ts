import type { Caller } from './matrix-callers.ts';

/** What comes of one call. */
export type Outcome =
  /** What was asked for. */
  | 'data'
  /** An answer in which ann's export, or cartier, does not occur. */
  | 'none of it'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  /** A refusal of the filter that says NOT_FOUND at this path. */
  | 'NOT_FOUND filter.brand'
  | 'NOT_FOUND filter.posCodes.0';

/** What can be done, whatever the transport. */
export type Action =
  | 'explore customers'
  | 'list brands'
  | 'start'
  | 'see an export'
  | 'list exports'
  | 'follow an export'
  | 'follow all exports'
  | 'cancel'
  | 'delete'
  | 'download'
  | 'download by signed URL';

type Row = Readonly<Record<Caller, Outcome>>;

const knocking: Pick<
  Row,
  'without a token' | 'with an expired token' | 'with a token for another audience' | 'with an unsigned token'
> = {
  'without a token': 'UNAUTHENTICATED',
  'with an expired token': 'UNAUTHENTICATED',
  'with a token for another audience': 'UNAUTHENTICATED',
  'with an unsigned token': 'UNAUTHENTICATED',
};

/** Ann's export exists for her, and for whoever administers all that it holds. */
const herExport = (hidden: 'NOT_FOUND' | 'none of it'): Row => ({
  ...knocking,
  'of another brand': hidden,
  'of another point of sale': hidden,
  'of another point of sale, who administers exports': hidden,
  'who owns other exports': hidden,
  'without a scope': hidden,
  'who administers the brand’s exports': 'data',
  'who owns the export': 'data',
});

/** Customers of cartier's P1. */
const herCustomers: Row = {
  ...knocking,
  'of another brand': 'NOT_FOUND filter.brand',
  'of another point of sale': 'NOT_FOUND filter.posCodes.0',
  'of another point of sale, who administers exports': 'NOT_FOUND filter.posCodes.0',
  'who owns other exports': 'data',
  'without a scope': 'FORBIDDEN',
  'who administers the brand’s exports': 'data',
  'who owns the export': 'data',
};

/** Who may do what. Each transport that carries an action must give exactly this. */
export const matrix: Readonly<Record<Action, Row>> = {
  'explore customers': herCustomers,
  start: herCustomers,
  'list brands': {
    ...knocking,
    'of another brand': 'none of it',
    'of another point of sale': 'data',
    'of another point of sale, who administers exports': 'data',
    'who owns other exports': 'data',
    'without a scope': 'data',
    'who administers the brand’s exports': 'data',
    'who owns the export': 'data',
  },
  'see an export': herExport('NOT_FOUND'),
  'list exports': herExport('none of it'),
  'follow an export': herExport('NOT_FOUND'),
  'follow all exports': herExport('none of it'),
  cancel: herExport('NOT_FOUND'),
  delete: herExport('NOT_FOUND'),
  download: herExport('NOT_FOUND'),
  // Holding the URL is the permit, whoever one is.
  'download by signed URL': {
    'without a token': 'data',
    'with an expired token': 'data',
    'with a token for another audience': 'data',
    'with an unsigned token': 'data',
    'of another brand': 'data',
    'of another point of sale': 'data',
    'of another point of sale, who administers exports': 'data',
    'who owns other exports': 'data',
    'without a scope': 'data',
    'who administers the brand’s exports': 'data',
    'who owns the export': 'data',
  },
};
