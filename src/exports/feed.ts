/** Values on their way to one reader, of which only the newest of each key is kept while the reader is busy. */
export type Feed<T> = {
  /** Hands over a value; it replaces an untaken one of the same key. */
  readonly put: (key: string, value: T) => void;
  /** Ends the stream once everything put so far is taken. */
  readonly end: () => void;
  /** Ends the stream with an error at once. */
  readonly fail: (error: unknown) => void;
  /** For one reader. Unlike a generator's, its `return` also ends a `next` that is still waiting. */
  readonly stream: AsyncIterableIterator<T>;
};

/** Opens a feed; `onClose` is called once, when the reader leaves or the stream ends. */
export function openFeed<T>(onClose: () => void): Feed<T> {
  const untaken = new Map<string, T>();
  let waiting: PromiseWithResolvers<IteratorResult<T, undefined>> | null = null;
  let ending = false;
  let failure: { readonly error: unknown } | null = null;
  let closed = false;

  const close = () => {
    if (closed) return;
    closed = true;
    untaken.clear();
    onClose();
  };
  const settle = () => {
    if (!waiting) return;
    const reader = waiting;
    const [first] = untaken;
    if (failure) {
      waiting = null;
      close();
      reader.reject(failure.error);
    } else if (first) {
      waiting = null;
      untaken.delete(first[0]);
      reader.resolve({ done: false, value: first[1] });
    } else if (ending || closed) {
      waiting = null;
      close();
      reader.resolve({ done: true, value: undefined });
    }
  };

  return {
    put: (key, value) => {
      if (closed || ending) return;
      untaken.set(key, value);
      settle();
    },
    end: () => {
      ending = true;
      settle();
    },
    fail: (error) => {
      failure = { error };
      settle();
    },
    stream: {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => {
        waiting = Promise.withResolvers();
        const { promise } = waiting;
        settle();
        return promise;
      },
      return: async () => {
        close();
        settle();
        return { done: true, value: undefined };
      },
    },
  };
}
