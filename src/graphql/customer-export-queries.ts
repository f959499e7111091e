import type { Problem } from '../errors.ts';
import { requireTask, visibleTasks } from '../exports/access.ts';
import { countTasks, listTasks } from '../exports/task/list.ts';
import type { ExportTask } from '../exports/task.ts';
import { builder } from './builder.ts';
import {
  type Connection,
  invalidArgument,
  pageInfoType,
  readCursor,
  readPageSize,
  toCursor,
} from './connection.ts';
import { customerExportType, exportStatusType } from './customer-export.ts';
import { badUserInput } from './errors.ts';

const DEFAULT_PAGE = 20;
const LARGEST_PAGE = 100;
const isUuid = (key: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key);

const exportEdgeType = builder
  .objectRef<Connection<ExportTask>['edges'][number]>('CustomerExportEdge')
  .implement({
    description: 'An export in a page.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        nullable: false,
        description: 'Where it stands, for `after` and `before`.',
      }),
      node: t.expose('node', { type: customerExportType, nullable: false, description: 'The export.' }),
    }),
  });

const exportConnectionType = builder.objectRef<Connection<ExportTask>>('CustomerExportConnection').implement({
  description: 'A page of exports, newest first.',
  fields: (t) => ({
    edges: t.expose('edges', {
      type: [exportEdgeType],
      nullable: false,
      complexity: { multiplier: 1 },
      description: 'The exports with their cursors.',
    }),
    nodes: t.field({
      type: [customerExportType],
      nullable: false,
      complexity: { multiplier: 1 },
      description: 'The exports alone.',
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
      description: 'How many exports there are in all: exact.',
      resolve: ({ countAll }) => countAll(),
    }),
  }),
});

builder.queryFields((t) => ({
  customerExport: t.field({
    type: customerExportType,
    description: 'One export of the caller. NOT_FOUND when there is none, or it is somebody else’s.',
    args: { asyncTaskId: t.arg.id({ required: true, description: 'Id of the export.' }) },
    resolve: (_, { asyncTaskId }, { deps, viewer }) => requireTask(deps.db, viewer, asyncTaskId),
  }),
  customerExports: t.field({
    type: exportConnectionType,
    nullable: false,
    description:
      'The caller’s exports, newest first (with the scope `exports:admin`: all of its brands’). Errors: BAD_USER_INPUT.',
    args: {
      first: t.arg.int({
        description: `How many at most from the start, 1 to ${LARGEST_PAGE}; ${DEFAULT_PAGE} when neither first nor last is given.`,
      }),
      after: t.arg.string({ description: 'Cursor after which the page begins; null = at the start.' }),
      last: t.arg.int({
        description: `How many at most from the end, 1 to ${LARGEST_PAGE}; not with first.`,
      }),
      before: t.arg.string({ description: 'Cursor before which the page ends; null = at the end.' }),
      brand: t.arg.string({ description: 'Only this brand’s; null = every brand’s.' }),
      status: t.arg({
        type: [exportStatusType],
        description: 'Only those in one of these states; null or empty = in any.',
      }),
    },
    complexity: ({ first, last }) => ({ field: 10, multiplier: first ?? last ?? DEFAULT_PAGE }),
    resolve: async (_, args, { deps, viewer }): Promise<Connection<ExportTask>> => {
      const problems: Problem[] = [];
      const backward = args.last != null;
      if (backward && args.first != null) {
        problems.push(invalidArgument('last', 'first and last cannot be given together.'));
      }
      const limit = backward
        ? readPageSize(args.last ?? 0, 'last', LARGEST_PAGE, problems)
        : readPageSize(args.first ?? DEFAULT_PAGE, 'first', LARGEST_PAGE, problems);
      const after = readCursor(args.after, 'after', isUuid, problems);
      const before = readCursor(args.before, 'before', isUuid, problems);
      if (problems.length > 0) throw badUserInput(problems);
      const scope = visibleTasks(viewer, { brand: args.brand, statuses: args.status });
      const found = await listTasks(deps.db, scope, { limit: limit + 1, after, before, backward });
      const more = found.length > limit;
      const tasks = backward ? found.slice(-limit) : found.slice(0, limit);
      return {
        edges: tasks.map((node) => ({ cursor: toCursor(node.id), node })),
        hasNextPage: backward ? before !== null : more,
        hasPreviousPage: backward ? more : after !== null,
        countAll: () => countTasks(deps.db, scope),
      };
    },
  }),
}));
