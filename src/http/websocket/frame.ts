/** Text as the bytes of its UTF-8, one in each character: bytes that can be joined at no cost, and need no buffers. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/**
 * A text message of a server's as it goes over the wire (RFC 6455, 5.2). `ws` makes two pieces of every message, which
 * take the system several times as long to send as one; as it compresses nothing here, whole frames may go between its
 * own.
 */
export function frameOf(bytes: string): string {
  return `\x81${lengthOf(bytes.length)}${bytes}`;
}

function lengthOf(length: number): string {
  if (length < 126) return String.fromCharCode(length);
  if (length < 65_536) return `~${String.fromCharCode(length >> 8, length & 255)}`;
  const long = Buffer.alloc(8);
  long.writeBigUInt64BE(BigInt(length));
  return `\x7f${long.toString('latin1')}`;
}
