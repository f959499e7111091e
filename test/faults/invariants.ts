import { createHash } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { sql } from 'drizzle-orm';
import type { ExportTask } from '../../src/exports/task.ts';
import { countDoublePublications, countLateWrites, findSetbacks } from './history.ts';
import { CANARY, type World } from './world.ts';

/**
 * What holds after every fault, of all tasks so far: one whole file for a COMPLETED task and one `complete` in the audit
 * trail, no file for any other, no step backwards in any row's history, and nobody's data in a log.
 * @returns what is wrong, in words: an empty list when all is well.
 */
export async function findFaults({ db, files, servers }: World): Promise<string[]> {
  const wrong: string[] = [];
  const tasks = await db.query.exports.findMany();
  const completed = tasks.filter(({ status }) => status === 'COMPLETED');
  const expired = tasks.filter(({ status }) => status === 'EXPIRED');
  for (const task of completed) {
    const bytes = await files.read(task.fileKey ?? '').catch(() => null);
    if (!bytes) {
      wrong.push(`${task.id} is COMPLETED and has no file`);
      continue;
    }
    wrong.push(...findFileFaults(task, bytes));
  }
  const wanted = new Set(completed.map(({ fileKey }) => fileKey?.replace('exports/', '')));
  for (const name of await files.list()) if (!wanted.has(name)) wrong.push(`${name} is left over`);

  const audited = await db.execute<{ export_id: string; count: string }>(
    sql`select export_id, count(*) from audit where action = 'complete' group by export_id`,
  );
  const counts = new Map(audited.map((row) => [row.export_id, Number(row.count)]));
  for (const { id } of [...completed, ...expired]) {
    if (counts.get(id) !== 1) wrong.push(`${id}: ${counts.get(id) ?? 0} completions in the audit trail`);
  }
  if (audited.length > completed.length + expired.length)
    wrong.push('completions in the audit trail of tasks that are not');
  wrong.push(...(await findSetbacks(db)));
  const late = await countLateWrites(db);
  if (late > 0) wrong.push(`${late} changes by a process that does not run the attempt`);
  const double = await countDoublePublications(db);
  if (double > 0) wrong.push(`${double} tasks published twice`);
  for (const server of servers) {
    if (server.output().includes(CANARY)) wrong.push('personal data in a log');
    const exit = server.exit();
    if (typeof exit === 'number' && exit !== 0) {
      wrong.push(`a process ended by itself, with status ${exit}: ${server.output().slice(-2_000)}`);
    }
  }
  return wrong;
}

/** Unfinished files may wait for the next tidying, which is once a minute and spares what is younger than that. */
const TIDY_MS = 150_000;

/** The same when all that can be tidied up is. */
export async function findFaultsAfterTidying(world: World): Promise<string[]> {
  const deadline = performance.now() + TIDY_MS;
  for (;;) {
    const found = await findFaults(world);
    const left = found.filter((line) => line.endsWith('is left over'));
    if (left.length === 0 || left.length < found.length || performance.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}

type FileFacts = Pick<
  ExportTask,
  'id' | 'objectCount' | 'totalObjectCount' | 'uncompressedSize' | 'fileSize' | 'fileSha256'
> & { readonly compression: string };

/** Where a published file differs from what its task says of it: in count, order, size and checksum. */
export function findFileFaults(task: FileFacts, bytes: Buffer): string[] {
  const wrong: string[] = [];
  const say = (what: string) => wrong.push(`${task.id}: ${what}`);
  const plain = unpack(bytes, task.compression);
  const lines = plain.toString().split('\n');
  const ids = lines.slice(0, -1).map((line) => Number(JSON.parse(line).boosterCustomerId));
  if (lines.at(-1) !== '') say('the last line does not end');
  if (ids.some((id, at) => id <= (ids[at - 1] ?? 0))) say('customers out of order, or twice');
  if (ids.length !== task.objectCount || task.totalObjectCount !== task.objectCount) {
    say(`${ids.length} lines, ${task.objectCount} of ${task.totalObjectCount} said`);
  }
  if (plain.byteLength !== task.uncompressedSize) say(`${plain.byteLength} bytes unpacked`);
  if (bytes.byteLength !== task.fileSize) say(`${bytes.byteLength} bytes`);
  if (createHash('sha256').update(bytes).digest('hex') !== task.fileSha256) say('checksum');
  return wrong;
}

/** A file's lines, whatever it is compressed with. */
export function unpack(bytes: Buffer, compression: string): Buffer {
  if (compression === 'GZIP') return gunzipSync(bytes);
  return compression === 'ZSTD' ? zstdDecompressSync(bytes) : bytes;
}
