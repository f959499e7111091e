import { storageErrors } from '../telemetry/metrics.ts';
import { type Storage, StorageError, storageErrorCodes } from './storage.ts';

const operations = ['write', 'open', 'read', 'head', 'remove', 'removeUnfinished', 'list'] as const;
type Operation = (typeof operations)[number];

/** The same storage, whose faults are counted. */
export function countErrors(storage: Storage): Storage {
  // An alert on what grows needs to have seen it at zero.
  for (const operation of operations) {
    for (const code of storageErrorCodes) storageErrors.inc({ operation, code }, 0);
  }
  const note = (operation: Operation, error: unknown) => {
    if (error instanceof StorageError) storageErrors.inc({ operation, code: error.code });
  };
  const counted =
    <A extends unknown[], R>(operation: Operation, act: (...args: A) => Promise<R>) =>
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
