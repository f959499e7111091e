type Taken<T> = IteratorResult<T, undefined>;

/**
 * Values for one reader, who is called when there is one and then takes it: thousands of readers who wait by promises
 * make more of them at every event than the memory for young objects holds. Who has time may iterate all the same.
 */
export abstract class Source<T> implements AsyncIterableIterator<T, undefined> {
  /**
   * The next value, or the end. Null while there is none: then `wake` is called as soon as there may be, once.
   * Throws what the source has failed with, once.
   */
  abstract take(wake: () => void): Taken<T> | null;
  /** The reader wants no more. One who waits is woken, and finds the end. */
  abstract leave(): void;

  next(): Promise<Taken<T>> {
    return new Promise((resolve, reject) => {
      const attempt = () => {
        try {
          const taken = this.take(attempt);
          if (taken) resolve(taken);
        } catch (error) {
          reject(error);
        }
      };
      attempt();
    });
  }

  async return(): Promise<Taken<T>> {
    this.leave();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
