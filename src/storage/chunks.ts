/**
 * Passes chunks on until they end, or until `signal` is aborted: then it throws the signal's reason at once, even
 * when the source never answers. Closes the source in every case, provided that it is read from at all.
 */
export async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = chunks[Symbol.asyncIterator]();
  let interrupt = (_reason: unknown) => {};
  const onAbort = () => interrupt(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      // Not Promise.race with one promise for the signal: that promise would remember every chunk's race.
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        interrupt = reject;
        source.next().then(resolve, reject);
        if (signal.aborted) reject(signal.reason);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    const closed = source.return?.();
    // A generator answers `return` only after the `next` in hand, which may be the very one that never answers.
    if (signal.aborted) closed?.catch(() => {});
    else await closed;
  }
}
