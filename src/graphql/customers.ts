import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import { readScopeOf, requireScope, sightOf } from '../auth/viewer.ts';
import type { Customer } from '../customers/customer.ts';
import { countCustomers, pageCustomers } from '../customers/explore.ts';
import { understandFilter } from '../customers/understand.ts';
import type { Problem } from '../errors.ts';
import { builder } from './builder.ts';
import { type Connection, pageInfoType, readCursor, readPageSize, toCursor } from './connection.ts';
import { customerType } from './customer.ts';
import { customerFilterInput } from './customer-filter.ts';
import { badUserInput } from './errors.ts';

const DEFAULT_PAGE = 50;
const LARGEST_PAGE = 1000;

const customerEdgeType = builder.objectRef<Connection<Customer>['edges'][number]>('CustomerEdge').implement({
  description: 'A customer in a page.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { nullable: false, description: 'Where it stands, for `after`.' }),
    node: t.expose('node', { type: customerType, nullable: false, description: 'The customer.' }),
  }),
});

const customerConnectionType = builder.objectRef<Connection<Customer>>('CustomerConnection').implement({
  description: 'A page of customers, ordered by `boosterCustomerId`.',
  fields: (t) => ({
    edges: t.expose('edges', {
      type: [customerEdgeType],
      nullable: false,
      complexity: { multiplier: 1 },
      description: 'The customers with their cursors.',
    }),
    nodes: t.field({
      type: [customerType],
      nullable: false,
      complexity: { multiplier: 1 },
      description: 'The customers alone.',
      resolve: ({ edges }) => edges.map((edge) => edge.node),
    }),
    pageInfo: t.field({
      type: pageInfoType,
      nullable: false,
      description: 'Where the page stands.',
      resolve: (connection) => connection,
    }),
    totalCount: t.int({
      nullable: false,
      complexity: 10,
      description: 'How many customers match in all: exact, and what an export now would write.',
      resolve: ({ countAll }) => countAll(),
    }),
  }),
});

builder.queryField('customers', (t) =>
  t.field({
    type: customerConnectionType,
    nullable: false,
    description:
      'Explore before you export: the customers that the same filter would export now. Needs the scope `customers:read`. Errors: BAD_USER_INPUT with `extensions.userErrors`, FORBIDDEN.',
    args: {
      filter: t.arg({ type: customerFilterInput, required: true, description: 'Which customers.' }),
      first: t.arg.int({ description: `How many at most, 1 to ${LARGEST_PAGE}; ${DEFAULT_PAGE} when null.` }),
      after: t.arg.string({ description: 'Cursor after which the page begins; null = at the start.' }),
    },
    // What the database does for a customer does not depend on how many of its fields are asked for.
    complexity: ({ first }) => {
      const size = first ?? DEFAULT_PAGE;
      return { field: 10 + size, multiplier: Math.ceil(size / 20) };
    },
    resolve: async (_, args, { viewer, deps }, info): Promise<Connection<Customer>> => {
      requireScope(viewer, 'customers:read');
      const problems: Problem[] = [];
      const first = readPageSize(args.first ?? DEFAULT_PAGE, 'first', LARGEST_PAGE, problems);
      const after = readCursor(args.after, 'after', isCustomerId, problems);
      const understood = await understandFilter(deps.db, args.filter, sightOf(viewer));
      const { filter } = understood;
      if (filter === null || problems.length > 0) throw badUserInput([...problems, ...understood.problems]);
      const scope = readScopeOf(viewer, filter.brand);
      const page = await pageCustomers(deps.db, scope, filter, {
        first,
        after: after === null ? null : Number(after),
        withTransactions: selects(info, 'transactions'),
      });
      return {
        edges: page.customers.map((node) => ({ cursor: toCursor(node.boosterCustomerId), node })),
        hasNextPage: page.hasNextPage,
        hasPreviousPage: false,
        countAll: () => countCustomers(deps.db, scope, filter),
      };
    },
  }),
);

const isCustomerId = (key: string) => /^-?\d{1,10}$/.test(key) && Number(key) === (Number(key) | 0);

/** Whether a field of this name is selected at any depth, fragments included. */
function selects({ fieldNodes, fragments }: GraphQLResolveInfo, name: string): boolean {
  const within = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((node) => {
      if (node.kind === Kind.FRAGMENT_SPREAD) return within(fragments[node.name.value]?.selectionSet);
      if (node.kind === Kind.FIELD && node.name.value === name) return true;
      return within(node.selectionSet);
    }) ?? false;
  return fieldNodes.some((node) => within(node.selectionSet));
}
