import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { countAttempts, type ExportTask } from '../../../src/exports/task.ts';
import { query } from '../../support/client.ts';
import { findFaultsAfterTidying, unpack } from '../invariants.ts';
import type { World } from '../world.ts';
import type { Fleet } from './crew.ts';
import type { Order } from './load.ts';
import { countOf, findTears } from './maisons.ts';
import type { Seen } from './subscribe.ts';

export type Verdict = {
  readonly completed: number;
  readonly failed: number;
  /** Attempts beyond the first of each export that counted against it. */
  readonly burnt: number;
  /** Attempts that an orderly stop gave back. */
  readonly returned: number;
  /** Connections of subscribers beyond the first of each. */
  readonly reconnected: number;
  /** What is wrong, in words. */
  readonly wrong: readonly string[];
};

/** What became of all orders, once their subscribers have seen the end. */
export async function judge(world: World, fleet: Fleet, orders: readonly Order[]): Promise<Verdict> {
  const wrong: string[] = [];
  const tasks: ExportTask[] = [];
  let reconnected = 0;
  for (const order of orders) {
    const task = await world.find(order.id);
    tasks.push(task);
    const seen = await order.seen;
    if (seen instanceof Error) wrong.push(`${order.id}: its subscriber was lost: ${seen.message}`);
    else {
      reconnected += Math.max(0, seen.connections - 1);
      wrong.push(...findMisseen(task, seen));
    }
    if (task.status === 'COMPLETED') wrong.push(...(await findWrongFile(world, fleet, task)));
  }
  const starts = await world.db.execute(sql`select 1 from audit where action = 'start'`);
  if (starts.length !== orders.length) wrong.push(`${starts.length} starts of ${orders.length} exports`);
  wrong.push(...(await findFaultsAfterTidying(world)));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    completed: tasks.filter(({ status }) => status === 'COMPLETED').length,
    failed: tasks.filter(({ status }) => status === 'FAILED').length,
    burnt: sum(tasks.map((task) => countAttempts(task) - 1)),
    returned: sum(tasks.map(({ returns }) => returns)),
    reconnected,
    wrong,
  };
}

function findMisseen(task: ExportTask, { states }: Seen): string[] {
  const last = states.at(-1);
  const wrong: string[] = [];
  if (last?.status !== task.status) wrong.push(`${task.id}: ${task.status}, and ${last?.status} was seen`);
  if (last?.file && last.file.fileChecksum !== `sha256:${task.fileSha256}`)
    wrong.push(`${task.id}: another checksum was seen`);
  if (states.some(({ progress }, at) => progress < (states[at - 1]?.progress ?? 0)))
    wrong.push(`${task.id}: progress was seen to fall`);
  return wrong;
}

/** Its bytes, as the bucket has them and as each gateway hands them out in turn. */
async function findWrongFile(world: World, fleet: Fleet, task: ExportTask): Promise<string[]> {
  const wrong: string[] = [];
  const bytes = await world.files.read(task.fileKey ?? '');
  if (task.objectCount !== countOf(task.brand))
    wrong.push(`${task.id}: ${task.objectCount} of ${countOf(task.brand)} lines`);
  const tears = findTears(bytes, task.compression, task.brand);
  wrong.push(...tears.map((tear) => `${task.id}: ${tear}`));
  const foreign =
    unpack(bytes, task.compression)
      .toString()
      .match(/"brand":"(\w+)"/g) ?? [];
  if (foreign.some((text) => text !== `"brand":"${task.brand}"`)) wrong.push(`${task.id}: another brand's`);
  const gateway = fleet.gateways[task.objectCount % fleet.gateways.length]?.url ?? '';
  const served = await download(gateway, task.id);
  if (!served.equals(bytes)) wrong.push(`${task.id}: another file is downloaded`);
  if (createHash('sha256').update(served).digest('hex') !== task.fileSha256)
    wrong.push(`${task.id}: the checksum is not the download's`);
  return wrong;
}

async function download(gateway: string, id: string): Promise<Buffer> {
  const { body } = await query(
    gateway,
    'query ($id: ID!) { customerExport(asyncTaskId: $id) { file { url } } }',
    { id },
  );
  const response = await fetch(body.data?.['customerExport'].file.url);
  return Buffer.from(await response.arrayBuffer());
}
