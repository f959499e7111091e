import { storageErrors } from '../telemetry/metrics.ts';
import { type Storage, StorageError } from './storage.ts';

/** The same storage, whose faults are counted. */
export function countErrors(storage: Storage): Storage {
  const note = (operation: string, error: unknown) => {
    if (error instanceof StorageError) storageErrors.inc({ operation, code: error.code });
  };
  const counted =
    <A extends unknown[], R>(operation: string, act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await act(...args);
      } catch (error) {
        note(operation, error);
        throw error;
      }
    };
  const open = counted('open', storage.open);
  return {
    ...storage,
    write: counted('write', storage.write),
    open: async (...args) => {
      const object = await open(...args);
      object?.stream.once('error', (error) => note('read', error));
      return object;
    },
    head: counted('head', storage.head),
    remove: counted('remove', storage.remove),
    removeUnfinished: counted('removeUnfinished', storage.removeUnfinished),
    list: async function* list() {
      try {
        yield* storage.list();
      } catch (error) {
        note('list', error);
        throw error;
      }
    },
  };
}
