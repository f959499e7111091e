/** Values on their way to one reader, of which only the newest of each key is kept while the reader is busy. */
export type Feed<T> = {
  /** Hands over a value; it replaces an untaken one of the same key. */
  put(key: string, value: T): void;
  /** Ends the stream once everything put so far is taken. */
  end(): void;
  /** Ends the stream with an error, which the reader gets once, instead of what is untaken. */
  fail(error: unknown): void;
  /** For one reader, which asks for one value at a time. Its `return` also ends a `next` that is still waiting. */
  readonly stream: AsyncIterableIterator<T>;
};

/** Opens a feed; `onClose` is called once, when nothing more is taken: the reader has left, or the stream is ending. */
export function openFeed<T>(onClose: () => void): Feed<T> {
  return new SingleReaderFeed(onClose);
}

/** A class, because there are as many of them as subscribers, thousands: their methods are then made once. */
class SingleReaderFeed<T> implements Feed<T>, AsyncIterableIterator<T> {
  readonly #onClose: () => void;
  /** Made when the reader is busy for the first time. */
  #untaken: Map<string, T> | null = null;
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #closed = false;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  get stream(): AsyncIterableIterator<T> {
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  put(key: string, value: T): void {
    if (this.#closed) return;
    const reader = this.#waiting;
    if (reader === null) {
      this.#untaken ??= new Map();
      this.#untaken.set(key, value);
    } else {
      this.#waiting = null;
      reader.resolve({ done: false, value });
    }
  }

  end(): void {
    this.#close();
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = null;
  }

  fail(error: unknown): void {
    if (this.#closed) return;
    this.#close();
    this.#untaken = null;
    if (this.#waiting === null) this.#failure = { error };
    else this.#waiting.reject(error);
    this.#waiting = null;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#failure !== null) {
      const { error } = this.#failure;
      this.#failure = null;
      return Promise.reject(error);
    }
    const [first] = this.#untaken ?? [];
    if (first !== undefined) {
      this.#untaken?.delete(first[0]);
      return Promise.resolve({ done: false, value: first[1] });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#untaken = null;
    this.#failure = null;
    this.end();
    return { done: true, value: undefined };
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }
}
