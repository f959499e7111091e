/** Chunks that are gone when the next one is asked for, as those of an export are. */
export async function* fleeting(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    const copy = Buffer.from(chunk);
    yield copy;
    copy.fill('?');
  }
}
