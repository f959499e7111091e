import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { exports } from '../../src/db/tables.ts';
import { describeFile } from '../../src/exports/file.ts';
import type { ExportTask } from '../../src/exports/task.ts';
import { createDownloadHandler } from '../../src/http/download.ts';
import { StorageError } from '../../src/storage/storage.ts';
import { eventually } from '../support/eventually.ts';
import { addFinishedTask, useExports } from '../support/export-deps.ts';
import { authenticateByName, type Gateway, serve } from '../support/gateway.ts';

const { deps, logged } = useExports();
const IDLE_MS = 400;

const serveFiles = (served = deps) =>
  serve([createDownloadHandler(served, authenticateByName(), { idleMs: IDLE_MS })], deps);

/** Path and query of the task's signed URL. */
function pathOf(of: ExportTask): string {
  const { pathname, search } = new URL(describeFile(deps, of)?.url ?? '');
  return pathname + search;
}

/** Speaks HTTP over a socket of its own, which reads only when it is told to. */
async function dial({ port }: Gateway, path: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
  return socket;
}

describe('a download that goes wrong', () => {
  /** A gateway whose storage hands out this stream. */
  const serveStream = (stream: Readable, size: number) =>
    serveFiles({ ...deps, storage: { ...deps.storage, open: async () => ({ size, length: size, stream }) } });

  test('is cut off, not ended, when the storage fails on the way, and logged with its task', async () => {
    const large = await addFinishedTask(deps, Buffer.alloc(100_000));
    const failing = new Readable({ read() {} });
    failing.push(Buffer.alloc(1_000));
    const broken = await serveStream(failing, 100_000);
    const socket = await dial(broken, pathOf(large));
    await once(socket, 'readable');
    failing.destroy(new StorageError('STORAGE_UNAVAILABLE', 'away', { cause: null, retryable: true }));
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += chunk;
    });
    await once(socket, 'close');
    await broken.close();
    expect(received).toContain('Content-Length: 100000'.toLowerCase());
    expect(received.length).toBeLessThan(100_000);
    await eventually(() =>
      expect(logged.at(-1)).toMatchObject({ level: 50, taskId: large.id, msg: 'request failed' }),
    );
  });

  test('is closed in the storage too when its reader leaves, and is no fault', async () => {
    const large = await addFinishedTask(deps, Buffer.alloc(100_000));
    const endless = new Readable({ read() {} });
    endless.push(Buffer.alloc(1_000));
    const broken = await serveStream(endless, 100_000);
    const socket = await dial(broken, pathOf(large));
    await once(socket, 'readable');
    socket.destroy();
    await eventually(() => expect(endless.destroyed).toBe(true));
    await eventually(() =>
      expect(logged.at(-1)).toMatchObject({
        level: 30,
        taskId: large.id,
        msg: 'download was broken off by its reader',
      }),
    );
    await broken.close();
  });

  test('is cut when its reader takes nothing for too long; no more is read ahead than the connection holds', async () => {
    let read = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const source = new Readable({
      highWaterMark: chunk.length,
      read() {
        read += chunk.length;
        this.push(chunk);
      },
    });
    const size = 2 ** 30;
    const large = await addFinishedTask(deps, Buffer.alloc(1));
    await deps.db.update(exports).set({ fileSize: size }).where(eq(exports.id, large.id));
    const big = await serveStream(source, size);
    const socket = await dial(big, pathOf(large));
    await eventually(() => expect(source.destroyed).toBe(true));
    expect(read).toBeLessThan(64 * 1024 * 1024);
    await eventually(() =>
      expect(logged.at(-1)).toMatchObject({ taskId: large.id, msg: 'download was broken off by its reader' }),
    );
    socket.destroy();
    await big.close();
  });

  test('goes on for a reader that is slow but takes something now and then', async () => {
    const size = 8 * 1024 * 1024;
    const large = await addFinishedTask(deps, Buffer.alloc(size, 'x'));
    const gateway = await serveFiles();
    const socket = await dial(gateway, pathOf(large));
    const started = performance.now();
    let received = 0;
    for await (const chunk of socket) {
      received += chunk.length;
      // Slow for several times as long as a silent reader would be given, then as fast as it can.
      if (performance.now() - started < 4 * IDLE_MS) await new Promise((resolve) => setTimeout(resolve, 20));
      if (received > size) break;
    }
    expect(performance.now() - started).toBeGreaterThan(3 * IDLE_MS);
    expect(received).toBeGreaterThan(size);
    socket.destroy();
    await gateway.close();
  });
});
