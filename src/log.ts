import { type Bindings, type ChildLoggerOptions, type DestinationStream, type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { scrubText } from './log/scrub-text.ts';
import { scrubArguments, scrubFields } from './log/scrub-value.ts';

export type LogOptions = {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Where lines go; standard output unless given. */
  readonly destination?: DestinationStream & { readonly isTTY?: boolean };
};

/**
 * Opens the log: a JSON object a line, or one for people when the destination is a terminal.
 *
 * Nothing secret and nobody's data gets out: fields named like a secret or like personal data lose their value,
 * errors are told by what they are and not by the values that raised them, and credentials, queries of URLs,
 * e-mail addresses and phone numbers are cut from every line, whoever wrote it.
 * That is a net, not a licence: log ids and figures.
 *
 * What belongs to one request or to one export says so by a child: `log.child({ requestId })`,
 * `log.child({ taskId, attempt })`. Errors go under `err`.
 */
export function openLog({ level, destination = process.stdout }: LogOptions): Logger {
  const log = pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors are described in `logMethod`, before pino copies their message into `msg`.
      serializers: { err: (described: unknown) => described },
      hooks: {
        logMethod(args, method) {
          Reflect.apply(method, this, scrubArguments(args));
        },
        streamWrite: scrubText,
      },
    },
    destination.isTTY ? forPeople(destination) : destination,
  );
  // pino has no hook for the bindings of children; their own children inherit this one.
  const { child } = log;
  return Object.assign(log, {
    child(this: Logger, bindings: Bindings, options?: ChildLoggerOptions): Logger {
      return Reflect.apply(child, this, [scrubFields(bindings), options]);
    },
  });
}

/** Written at once, not through a stream of pino-pretty's: the last words before an exit are the ones that matter. */
function forPeople(terminal: DestinationStream): DestinationStream {
  const prettify = prettyFactory({ colorize: true, ignore: 'pid,hostname' });
  return {
    write: (line) => {
      terminal.write(prettify(line));
    },
  };
}
