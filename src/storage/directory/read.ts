import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { StorageError } from '../storage.ts';
import { onDisk } from './errors.ts';

/** Bytes read at a time. Each slow download holds two or three of these. */
const READ_BYTES = 128 * 1024;

/** Streams `length` bytes from `start` on. Closes the file at its end, on an error, and when it is destroyed. */
export function readFrom(file: FileHandle, start: number, length: number): Readable {
  let done = 0;
  return new Readable({
    highWaterMark: READ_BYTES,
    read() {
      if (done === length) {
        this.push(null);
        return;
      }
      const want = Math.min(READ_BYTES, length - done);
      const buffer = Buffer.allocUnsafeSlow(want);
      onDisk(() => file.read(buffer, 0, want, start + done)).then(
        ({ bytesRead }) => {
          done += bytesRead;
          if (bytesRead > 0) this.push(buffer.subarray(0, bytesRead));
          else this.destroy(shortened(start + done));
        },
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    destroy(error, callback) {
      file.close().then(
        () => callback(error),
        (closing: unknown) => callback(error ?? (closing instanceof Error ? closing : null)),
      );
    },
  });
}

function shortened(at: number): StorageError {
  const cause = new Error(`The file ends at byte ${at}.`);
  return new StorageError('STORAGE_UNAVAILABLE', 'A file became shorter while it was read.', {
    cause,
    retryable: false,
  });
}
