import { createHash } from 'node:crypto';
import { readScopeOf, requireScope, sightOf, type Viewer } from '../auth/viewer.ts';
import { type CustomerFilter, type CustomerFilterInput, canonicalFilter } from '../customers/filter.ts';
import { understandFilter } from '../customers/understand.ts';
import { changeTogether } from '../db/change-together.ts';
import type { Transaction } from '../db/client.ts';
import { type Problem, Refusal } from '../errors.ts';
import { currentTraceparent, inSpan } from '../telemetry/spans.ts';
import { type Origin, recordAudit } from './audit.ts';
import type { ExportDeps } from './deps.ts';
import { countTasks } from './task/list.ts';
import { insertTask } from './task/store.ts';
import { type Compression, type ExportTask, unfinished } from './task.ts';

export type StartRequest = {
  readonly downloadRequestId: string;
  readonly filter: CustomerFilterInput;
  /** A selection already read by `parseSelection`, or its problems. */
  readonly selection: { readonly selection: string } | { readonly problems: readonly Problem[] };
  readonly compression: Compression;
};

/**
 * Starts an export, or returns the one that this caller already started with the same downloadRequestId.
 * The task, its place in the queue and the audit row are stored together or not at all.
 * @throws {Refusal} with every problem of the request; CONFLICT when the downloadRequestId belongs to another request.
 * @throws {AccessError} FORBIDDEN without the scope `customers:export`.
 */
export async function startCustomerExport(
  deps: ExportDeps,
  viewer: Viewer,
  request: StartRequest,
  origin: Origin,
): Promise<ExportTask> {
  requireScope(viewer, 'customers:export');
  const { filter, selection } = await understand(deps, viewer, request);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([canonicalFilter(filter), selection, request.compression]))
    .digest('hex');
  const enqueue = () =>
    changeTogether(deps.db, async (tx) => {
      const { task, created } = await insertTask(tx, {
        brand: filter.brand,
        requestedBy: viewer.subject,
        downloadRequestId: request.downloadRequestId,
        fingerprint,
        filter,
        selection,
        compression: request.compression,
        readScope: readScopeOf(viewer, filter.brand),
        traceparent: currentTraceparent(),
      });
      if (created) {
        await requireRoom(tx, viewer);
        await deps.enqueue(tx, task);
        await recordAudit(tx, {
          actor: viewer.subject,
          action: 'start',
          task,
          details: { ...origin, filter, selection },
        });
      }
      return task;
    });
  const facts = { 'export.brand': filter.brand };
  const task = await inSpan('export enqueue', { kind: 'producer', facts }, async (note) => {
    const stored = await enqueue();
    note({ 'export.task_id': stored.id });
    return stored;
  });
  if (task.fingerprint !== fingerprint) {
    throw new Refusal([
      {
        code: 'CONFLICT',
        message: 'This downloadRequestId belongs to an export with another filter, selection or compression.',
        path: ['downloadRequestId'],
      },
    ]);
  }
  return task;
}

/** Far more than anybody waits for: a script that has gone wild. */
const MAX_UNFINISHED = 1_000;

async function requireRoom(tx: Transaction, viewer: Viewer): Promise<void> {
  const mine = { requestedBy: viewer.subject, brands: '*', posCodes: null, statuses: unfinished } as const;
  if ((await countTasks(tx, mine)) <= MAX_UNFINISHED) return;
  const message = `You have ${MAX_UNFINISHED} exports that are not finished. Wait for some of them, or cancel them.`;
  throw new Refusal([{ code: 'LIMIT_REACHED', message, path: [] }]);
}

async function understand(
  deps: ExportDeps,
  viewer: Viewer,
  request: StartRequest,
): Promise<{ filter: CustomerFilter; selection: string }> {
  const { filter, problems } = await understandFilter(deps.db, request.filter, sightOf(viewer));
  const { selection } = request;
  const [first, ...others] = [
    ...checkRequestId(request.downloadRequestId),
    ...problems,
    ...('problems' in selection ? selection.problems : []),
  ];
  if (first) throw new Refusal([first, ...others]);
  if (filter === null || 'problems' in selection) throw new Error('A refused request without a problem.');
  return { filter, selection: selection.selection };
}

/** Control characters, and halves of surrogate pairs, which no database stores. */
const unprintable = /[\p{Cc}\p{Cs}]/u;

function checkRequestId(id: string): Problem[] {
  const path = ['downloadRequestId'];
  if (id.trim() === '') {
    return [{ code: 'REQUIRED', message: 'downloadRequestId must have 1 to 128 characters.', path }];
  }
  if ([...id.slice(0, 300)].length > 128) {
    return [{ code: 'TOO_LARGE', message: 'downloadRequestId must have at most 128 characters.', path }];
  }
  if (unprintable.test(id)) {
    return [{ code: 'INVALID', message: 'downloadRequestId must not hold control characters.', path }];
  }
  return [];
}
