import type { Logger } from 'pino';

export type Repeating = {
  /** Does it now, or once more when it is being done. Resolves when it is done. */
  readonly wake: () => Promise<void>;
  /** Resolves when it is done for the last time. */
  readonly stop: () => Promise<void>;
};

/** Does something now, on every call and every `ms`, never twice at a time. Faults are logged, the first of a series alone. */
export function startRepeating(ms: number, log: Logger, act: () => Promise<void>): Repeating {
  let again = false;
  let acting: Promise<void> | null = null;
  let stopped = false;
  let failing = false;

  const run = async () => {
    do {
      again = false;
      try {
        await act();
        if (failing) log.info('the worker goes on');
        failing = false;
      } catch (error) {
        if (!failing) log.error({ err: error }, 'the worker cannot look for work');
        failing = true;
      }
    } while (again && !stopped);
    acting = null;
  };
  const wake = async () => {
    again = true;
    if (!stopped) acting ??= run();
    await acting;
  };
  const timer = setInterval(wake, ms);
  wake();
  return {
    wake,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await acting;
    },
  };
}
