import { Source } from './source.ts';

/** Values on their way to one reader, of which only the newest of each key is kept while the reader is busy. */
export type Feed<T> = {
  /** Hands over a value; it replaces an untaken one of the same key. */
  put(key: string, value: T): void;
  /** Ends the stream once everything put so far is taken. */
  end(): void;
  /** Ends the stream with an error, which the reader gets once, instead of what is untaken. */
  fail(error: unknown): void;
  /** For one reader, which asks for one value at a time. Its `return` also ends a `next` that is still waiting. */
  readonly stream: Source<T>;
};

/** Opens a feed; `onClose` is called once, when nothing more is taken: the reader has left, or the stream is ending. */
export function openFeed<T>(onClose: () => void): Feed<T> {
  return new SingleReaderFeed(onClose);
}

/** A stream of one value. */
export function streamOf<T>(value: T): Source<T> {
  const feed = openFeed<T>(() => {});
  feed.put('', value);
  feed.end();
  return feed.stream;
}

type Entry<T> = { readonly key: string; value: T };

class SingleReaderFeed<T> extends Source<T> implements Feed<T> {
  readonly #onClose: () => void;
  #first: Entry<T> | null = null;
  /** What is untaken besides; made when it is needed, as of one key there never is more. */
  #others: Map<string, T> | null = null;
  #wake: (() => void) | null = null;
  #failure: { readonly error: unknown } | null = null;
  #closed = false;

  constructor(onClose: () => void) {
    super();
    this.#onClose = onClose;
  }

  get stream(): Source<T> {
    return this;
  }

  put(key: string, value: T): void {
    if (this.#closed) return;
    if (this.#first === null) this.#first = { key, value };
    else if (this.#first.key === key) this.#first.value = value;
    else {
      this.#others ??= new Map();
      this.#others.set(key, value);
    }
    this.#wakeReader();
  }

  end(): void {
    this.#close();
    this.#wakeReader();
  }

  fail(error: unknown): void {
    if (this.#closed) return;
    this.#close();
    this.#drop();
    this.#failure = { error };
    this.#wakeReader();
  }

  override take(wake: () => void): IteratorResult<T, undefined> | null {
    if (this.#failure !== null) {
      const { error } = this.#failure;
      this.#failure = null;
      throw error;
    }
    const taken = this.#first;
    if (taken !== null) {
      this.#first = this.#nextOther();
      return { done: false, value: taken.value };
    }
    if (this.#closed) return { done: true, value: undefined };
    this.#wake = wake;
    return null;
  }

  override leave(): void {
    this.#drop();
    this.#failure = null;
    this.end();
  }

  #nextOther(): Entry<T> | null {
    const [next] = this.#others ?? [];
    if (next === undefined) return null;
    const [key, value] = next;
    this.#others?.delete(key);
    return { key, value };
  }

  #drop(): void {
    this.#first = null;
    this.#others = null;
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }
}
