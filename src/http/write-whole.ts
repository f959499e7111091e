import type { Writable } from 'node:stream';

/**
 * Writes a piece of an event and calls `sent` when the system has taken it. Mostly that is at once; to be called back for
 * it costs as much as all else of an event.
 * @param piece bytes, or a text of one byte in each character.
 */
export function writeWhole(stream: Writable, piece: Uint8Array | string, sent: () => void): void {
  stream.write(piece, 'latin1');
  if (stream.writableLength === 0) sent();
  else stream.write('', sent);
}
