import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { exports } from '../../../src/db/tables.ts';
import { fileKey } from '../../../src/exports/file.ts';
import {
  cancelTask,
  claimTask,
  expireTask,
  failTask,
  finishCanceling,
  postponeTask,
  publishTask,
  recordProgress,
  returnTask,
} from '../../../src/exports/task/store.ts';
import { type ExportTask, MAX_ATTEMPTS, moves, type Status } from '../../../src/exports/task.ts';
import { addTask, requireTaskOf, useExports } from '../../support/export-deps.ts';
import { fc } from '../../support/fast-check.ts';

/*
 * Any order of what workers, callers and sweeps may do to a few tasks, late workers included, against a model of a few
 * lines. Whoever has claimed a task remembers its attempt for ever, and may act on it at any time.
 */

const { deps } = useExports();
const { db } = deps;

/** What a task should be. */
type Model = {
  status: Status;
  attempt: number;
  returns: number;
  version: number;
  objectCount: number;
  progress: number;
  waits: boolean;
  fileKey: string | null;
  failed: boolean;
};
type Known = { readonly id: string; readonly model: Model };
type State = {
  readonly tasks: Known[];
  readonly claims: { readonly task: Known; readonly attempt: number }[];
};
type Real = Record<never, never>;

/** Applies a change to the model and the row, when the model says that it is legal; otherwise the row must refuse it. */
async function change(
  { id, model }: Known,
  legal: boolean,
  changes: Partial<Model>,
  act: () => Promise<ExportTask | null>,
): Promise<void> {
  const before = model.status;
  const row = await act();
  expect(row !== null, `${before} → ${changes.status ?? before}`).toBe(legal);
  if (legal) {
    Object.assign(model, changes, { version: model.version + 1 });
    if (changes.status && changes.status !== before) expect(moves[before]).toContain(changes.status);
  }
  const { status, attempt, returns, version, objectCount, progress, failure, ...task } = await requireTaskOf(
    deps,
    id,
  );
  const [{ retryAt } = { retryAt: null }] = await db
    .select({ retryAt: exports.retryAt })
    .from(exports)
    .where(eq(exports.id, id));
  const { waits, fileKey, failed, ...rest } = model;
  expect({ status, attempt, returns, version, objectCount, progress }).toEqual(rest);
  expect([retryAt !== null && retryAt > new Date(), task.fileKey, failure !== null]).toEqual([
    waits,
    fileKey,
    failed,
  ]);
  expect(progress === 100).toBe(status === 'COMPLETED' || status === 'EXPIRED');
  expect(task.completedAt !== null).toBe(['COMPLETED', 'EXPIRED', 'FAILED', 'CANCELED'].includes(status));
}

type Act = (state: State, pick: number, amount: number) => Promise<void>;

function pickTask({ tasks }: State, pick: number): Known | undefined {
  return tasks[pick % tasks.length];
}

/** Something that the holder of an attempt does, in time or too late. */
function byHolder(
  from: readonly Status[],
  changes: (model: Model, amount: number, id: string) => Partial<Model>,
  act: (claim: { id: string; attempt: number }, amount: number) => Promise<ExportTask | null>,
): Act {
  return async ({ claims }, pick, amount) => {
    const held = claims[pick % claims.length];
    if (!held) return;
    const { id, model } = held.task;
    const legal = from.includes(model.status) && model.attempt === held.attempt;
    await change(held.task, legal, changes(model, amount, id), () =>
      act({ id, attempt: held.attempt }, amount),
    );
  };
}

const fileOf = (claim: { id: string; attempt: number }) => ({
  fileKey: fileKey({ ...claim, compression: 'NONE' }),
  fileSize: 1,
  uncompressedSize: 1,
  fileSha256: 'ab',
  objectCount: 500,
});

const acts: Record<string, Act> = {
  start: async ({ tasks }) => {
    if (tasks.length === 3) return;
    const { id } = await addTask(deps);
    const model: Model = {
      status: 'CREATED',
      attempt: 0,
      returns: 0,
      version: 0,
      objectCount: 0,
      progress: 0,
      waits: false,
      fileKey: null,
      failed: false,
    };
    tasks.push({ id, model });
  },
  claim: async (state, pick, amount) => {
    const task = pickTask(state, pick);
    if (!task) return;
    const { id, model } = task;
    // Now and then by somebody who has seen the row before another attempt began.
    const seen = amount % 5 === 0 ? model.attempt - 1 : model.attempt;
    const legal =
      (model.status === 'CREATED' || model.status === 'RUNNING') &&
      !model.waits &&
      seen === model.attempt &&
      model.attempt - model.returns < MAX_ATTEMPTS;
    const objectCount = model.status === 'RUNNING' ? 0 : model.objectCount;
    await change(task, legal, { status: 'RUNNING', attempt: model.attempt + 1, objectCount }, () =>
      claimTask(db, { id, attempt: seen }),
    );
    if (legal) state.claims.push({ task, attempt: model.attempt });
  },
  progress: byHolder(
    ['RUNNING'],
    (model, amount) => ({
      objectCount: Math.max(model.objectCount, amount * 10),
      progress: Math.max(model.progress, amount / 2),
    }),
    (claim, amount) => recordProgress(db, claim, { objectCount: amount * 10, progress: amount / 2 }),
  ),
  publish: byHolder(
    ['RUNNING'],
    (model, _, id) => ({
      status: 'COMPLETED',
      progress: 100,
      objectCount: 500,
      fileKey: fileOf({ id, attempt: model.attempt }).fileKey,
    }),
    (claim) => publishTask(db, claim, fileOf(claim), 1),
  ),
  giveBack: byHolder(
    ['RUNNING'],
    (model) => ({ status: 'CREATED', returns: model.returns + 1 }),
    (claim) => returnTask(db, claim),
  ),
  postpone: byHolder(
    ['RUNNING'],
    () => ({ waits: true }),
    (claim) => postponeTask(db, claim, 3600),
  ),
  fail: byHolder(
    ['RUNNING'],
    () => ({ status: 'FAILED', failed: true }),
    (claim) => failTask(db, claim, { code: 'INTERNAL_ERROR', message: '', retryable: false }),
  ),
  stopped: byHolder(
    ['CANCELING'],
    () => ({ status: 'CANCELED' }),
    (claim) => finishCanceling(db, claim),
  ),
  cancel: async (state, pick) => {
    const task = pickTask(state, pick);
    if (!task) return;
    const { status, attempt, returns } = task.model;
    const legal = status === 'CREATED' || status === 'RUNNING';
    const changes: Partial<Model> =
      status === 'CREATED'
        ? { status: 'CANCELED', returns: attempt > 0 ? returns - 1 : returns }
        : { status: 'CANCELING' };
    await change(task, legal, changes, () => cancelTask(db, task.id, 'ann'));
  },
  expire: async (state, pick) => {
    const task = pickTask(state, pick);
    if (!task) return;
    const legal = task.model.status === 'COMPLETED';
    await change(task, legal, { status: 'EXPIRED', fileKey: null }, () => expireTask(db, task.id));
  },
  /** The time of a retry comes. */
  wait: async (state, pick) => {
    const task = pickTask(state, pick);
    if (!task?.model.waits) return;
    await db.execute(sql`update exports set retry_at = clock_timestamp() where id = ${task.id}`);
    task.model.waits = false;
  },
};

class Command implements fc.AsyncCommand<State, Real> {
  readonly name: string;
  readonly pick: number;
  readonly amount: number;

  constructor(name: string, pick: number, amount: number) {
    this.name = name;
    this.pick = pick;
    this.amount = amount;
  }
  check(): boolean {
    return true;
  }
  async run(state: State): Promise<void> {
    await acts[this.name]?.(state, this.pick, this.amount);
  }
  toString(): string {
    return `${this.name}(${this.pick}, ${this.amount})`;
  }
}

const commands = fc.commands(
  [
    fc
      .tuple(
        // Started and claimed more often than ended, so that there is something to do.
        fc.constantFrom('start', 'claim', 'claim', 'claim', 'progress', 'progress', ...Object.keys(acts)),
        fc.nat(20),
        fc.nat(99),
      )
      .map(([name, pick, amount]) => new Command(name, pick, amount)),
  ],
  { maxCommands: 60, size: 'max' },
);

test('a task is what the model says, whatever is done to it in whatever order', async () => {
  const reached = new Set<Status>();
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const state: State = { tasks: [], claims: [] };
      await fc.asyncModelRun(() => ({ model: state, real: {} }), sequence);
      for (const { model } of state.tasks) reached.add(model.status);
    }),
    { numRuns: 60 },
  );
  expect(reached.size).toBeGreaterThan(4);
});
