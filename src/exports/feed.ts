/** Values on their way to one reader, of which only the newest of each key is kept while the reader is busy. */
export type Feed<T> = {
  /** Hands over a value; it replaces an untaken one of the same key. */
  readonly put: (key: string, value: T) => void;
  /** Ends the stream once everything put so far is taken. */
  readonly end: () => void;
  /** Ends the stream with an error, which the reader gets once, instead of what is untaken. */
  readonly fail: (error: unknown) => void;
  /** For one reader, which asks for one value at a time. Its `return` also ends a `next` that is still waiting. */
  readonly stream: AsyncIterableIterator<T>;
};

/** Opens a feed; `onClose` is called once, when nothing more is taken: the reader has left, or the stream is ending. */
export function openFeed<T>(onClose: () => void): Feed<T> {
  const untaken = new Map<string, T>();
  let waiting: PromiseWithResolvers<IteratorResult<T, undefined>> | null = null;
  let failure: { readonly error: unknown } | null = null;
  let closed = false;

  const close = () => {
    if (closed) return;
    closed = true;
    onClose();
  };
  const settle = () => {
    if (waiting === null) return;
    const [first] = untaken;
    if (failure === null && first === undefined && !closed) return;
    const reader = waiting;
    waiting = null;
    if (failure !== null) {
      reader.reject(failure.error);
      failure = null;
    } else if (first !== undefined) {
      untaken.delete(first[0]);
      reader.resolve({ done: false, value: first[1] });
    } else {
      reader.resolve({ done: true, value: undefined });
    }
  };

  return {
    put: (key, value) => {
      if (closed) return;
      untaken.set(key, value);
      settle();
    },
    end: () => {
      close();
      settle();
    },
    fail: (error) => {
      if (closed) return;
      failure = { error };
      untaken.clear();
      close();
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
        untaken.clear();
        failure = null;
        close();
        settle();
        return { done: true, value: undefined };
      },
    },
  };
}
