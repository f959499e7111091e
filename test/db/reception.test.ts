import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { createReception } from '../../src/db/reception.ts';
import { fc } from '../support/fast-check.ts';

const MB = 1024 * 1024;

/** A message as PostgreSQL sends it. */
function message(body: Uint8Array): Buffer {
  const header = Buffer.from([0x44, 0, 0, 0, 0]);
  header.writeUInt32BE(body.byteLength + 4, 1);
  return Buffer.concat([header, body]);
}

/** Sends the parts, one after the other, to whoever connects; `take` gets what is handed out, as it comes. */
async function receive(
  parts: readonly Uint8Array[],
  take: (messages: Buffer, release: (bytes: Uint8Array) => void) => void,
): Promise<void> {
  const server = createServer(async (socket) => {
    for (const part of parts) if (!socket.write(part)) await once(socket, 'drain');
    socket.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { socket: connect, release } = createReception();
  const socket = connect({ host: ['127.0.0.1'], port: [port] });
  socket.on('data', (messages: Buffer) => take(messages, release));
  await once(socket, 'close');
  server.close();
}

/** The lengths of the messages in there; fails when one is not whole. */
function lengthsOf(messages: Buffer): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < messages.byteLength; ) {
    const length = 1 + messages.readUInt32BE(at + 1);
    expect(at + length).toBeLessThanOrEqual(messages.byteLength);
    lengths.push(length);
    at += length;
  }
  return lengths;
}

test('hands out whole messages, in whatever pieces they come', async () => {
  const sizes = fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 50_000, max: 140_000 }),
    fc.integer({ min: MB - 70_000, max: 3 * MB }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(sizes, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1000, max: 200_000 }),
      async (lengths, partBytes) => {
        const sent = Buffer.concat(lengths.map((length) => message(randomBytes(length))));
        const parts = Array.from({ length: Math.ceil(sent.byteLength / partBytes) }, (_, n) =>
          sent.subarray(n * partBytes, (n + 1) * partBytes),
        );
        const got: Buffer[] = [];
        await receive(parts, (messages) => got.push(messages));
        expect(got.flatMap(lengthsOf)).toEqual(lengths.map((length) => length + 5));
        // Nothing was released: all of it is still there.
        expect(Buffer.concat(got).equals(sent)).toBe(true);
      },
    ),
    { numRuns: 20 },
  );
});

test('uses memory again that was released, and none that was not', async () => {
  const sent = Array.from({ length: 1000 }, () => message(randomBytes(60_000)));
  const memories = new Set<ArrayBufferLike>();
  const looked: Buffer[] = [];
  /** What is looked at late, as by whoever writes it: the last 3 MB. */
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  await receive(sent, (messages, release) => {
    memories.add(messages.buffer);
    waiting.push(messages);
    waitingBytes += messages.byteLength;
    for (let oldest = waiting[0]; oldest && waitingBytes > 3 * MB; oldest = waiting[0]) {
      waiting.shift();
      waitingBytes -= oldest.byteLength;
      looked.push(Buffer.from(oldest));
      release(oldest);
    }
  });
  expect(Buffer.concat([...looked, ...waiting]).equals(Buffer.concat(sent))).toBe(true);
  expect(memories.size).toBeLessThanOrEqual(8);
});
