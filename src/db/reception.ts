import { Socket } from 'node:net';

/** Where postgres.js connects to: what its options say once it has read them. */
export type Endpoint = {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** Of a Unix socket. */
  readonly path?: string | false | undefined;
};

/** The memory that connections receive into, used again and again. */
export type Reception = {
  /** postgres.js's option of this name: a socket that is being connected and hands out whole messages alone. */
  readonly socket: (endpoint: Endpoint) => Socket;
  /** Says that what came before these bytes, on the same connection, is not needed any more. */
  readonly release: (bytes: Uint8Array) => void;
};

/** Room for one read, which takes all that has arrived. */
const BLOCK_BYTES = 1024 * 1024;
/** With less room left another block is begun: many small reads cost more than the few bytes. */
const LEAST_ROOM = 64 * 1024;
/** A message's kind takes one byte, then comes its length, which counts itself. */
const HEADER_BYTES = 5;

/**
 * Receives answers of many megabytes a second. The usual way is fresh memory for every 64 KiB and for every message
 * that spans two of them: then most of the processor's time goes into finding out what of it is free again.
 */
export function createReception(): Reception {
  const inboxes = new Set<Inbox>();
  return {
    socket({ host: [host = 'localhost'], port: [port = 5432], path }) {
      const socket = receiving(inboxes).connect(path ? { path } : { host, port });
      // The library's messages say where it was.
      return Object.assign(socket, { host, port });
    },
    release(bytes) {
      for (const inbox of inboxes) inbox.release(bytes.buffer);
    },
  };
}

function receiving(inboxes: Set<Inbox>): Socket {
  const inbox = createInbox();
  inboxes.add(inbox);
  const socket: Socket = new Socket({
    onread: {
      buffer: inbox.room,
      callback(size) {
        const messages = inbox.receive(size);
        if (messages.byteLength > 0) socket.emit('data', messages);
        return true;
      },
    },
  });
  return socket.once('close', () => inboxes.delete(inbox));
}

type Inbox = ReturnType<typeof createInbox>;

function createInbox() {
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  /** Of `block`, what came and is no whole message yet. */
  let start = 0;
  let end = 0;
  /** Blocks before it that somebody may still read, oldest first. */
  const full: Buffer<ArrayBuffer>[] = [];
  const free: Buffer<ArrayBuffer>[] = [];

  const sizeAt = (at: number) => (end - at < HEADER_BYTES ? HEADER_BYTES : 1 + block.readUInt32BE(at + 1));

  const begin = () => {
    const size = sizeAt(start) + LEAST_ROOM;
    // A long message gets a block of its own, which is not kept.
    const next = size > BLOCK_BYTES ? undefined : free.pop();
    const fresh = next ?? Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, size));
    block.copy(fresh, 0, start, end);
    full.push(block);
    block = fresh;
    end -= start;
    start = 0;
  };

  return {
    /** Where the next bytes go. */
    room() {
      if (block.byteLength - end < LEAST_ROOM) begin();
      return block.subarray(end);
    },
    /** Takes so many bytes that are there now, and gives the messages that are whole with them. */
    receive(size: number) {
      end += size;
      let whole = start;
      for (let length = sizeAt(whole); whole + length <= end; length = sizeAt(whole)) whole += length;
      const messages = block.subarray(start, whole);
      start = whole;
      return messages;
    },
    release(memory: ArrayBufferLike) {
      const read = [...full, block].findIndex(({ buffer }) => buffer === memory);
      if (read > 0) free.push(...full.splice(0, read).filter(({ byteLength }) => byteLength === BLOCK_BYTES));
    },
  };
}
