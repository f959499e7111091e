import { seesExport } from '../auth/viewer.ts';
import { listUnfinished, requireTask } from '../exports/access.ts';
import { followTask, followTasks } from '../exports/follow.ts';
import { builder } from './builder.ts';
import { customerExportType } from './customer-export.ts';

builder.subscriptionFields((t) => ({
  customerExportProgress: t.field({
    type: customerExportType,
    nullable: false,
    description:
      'The current state at once, then every change, at most 4 a second; a slow client gets the latest state. Completes after a terminal state. NOT_FOUND for an unknown or foreign export.',
    args: { asyncTaskId: t.arg.id({ required: true, description: 'Id of the export.' }) },
    subscribe: async (_, { asyncTaskId }, { deps, viewer }) => {
      const current = await requireTask(deps.db, viewer, asyncTaskId);
      return followTask(deps.watch, current, (task) => seesExport(viewer, task));
    },
    resolve: (task) => task,
  }),
  customerExportsProgress: t.field({
    type: customerExportType,
    nullable: false,
    description:
      'Every export that the caller may see and that is running now or started later: the current state of each at once, then every change, at most 4 a second for each. Never completes by itself.',
    args: { brand: t.arg.string({ description: 'Only this brand’s; null = every brand’s.' }) },
    subscribe: (_, { brand }, { deps, viewer }) =>
      followTasks(
        deps.watch,
        (task) => seesExport(viewer, task) && (brand == null || task.brand === brand),
        () => listUnfinished(deps.db, viewer, brand),
      ),
    resolve: (task) => task,
  }),
}));
