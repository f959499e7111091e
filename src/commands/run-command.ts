import { parseArgs } from 'node:util';
import { DrizzleQueryError } from 'drizzle-orm';
import { ConfigError } from '../config.ts';

/** The command was not called as it must be. */
export class UsageError extends Error {
  override name = 'UsageError';

  constructor(reason: string, usage: string) {
    super(`${reason}\n\n${usage.trimEnd()}`);
  }
}

/** The operator stopped it. */
class Interrupted extends Error {
  override name = 'Interrupted';
}

/**
 * Runs a command to the exit status that it returns, or to 2 with a sentence when it throws. SIGINT and SIGTERM abort
 * `signal`, for an orderly end with 130; a second one ends it at once.
 */
export async function runCommand(command: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      stop.abort(new Interrupted('Interrupted: the database is as it was.'));
    });
  }
  try {
    process.exitCode = await command(stop.signal);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = error instanceof Interrupted ? 130 : 2;
  }
}

/**
 * What `parse`, a call of `parseArgs`, makes of the arguments.
 * @throws {UsageError} when it makes nothing of them.
 */
export function readArguments<T>(usage: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(explain(error), usage);
  }
}

/**
 * For a command that takes no arguments. Prints the usage when it is asked for.
 * @returns whether that was all there is to do.
 * @throws {UsageError} when there are arguments all the same.
 */
export function onlyHelps(usage: string): boolean {
  const options = { help: { type: 'boolean', short: 'h' } } as const;
  const { values } = readArguments(usage, () => parseArgs({ options }));
  if (values.help) process.stdout.write(usage);
  return values.help === true;
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.faults.join('\n');
  const lost = causesOf(error)
    .map(codeOf)
    .find((code) => connectionCode.test(code));
  if (lost) return `The database cannot be reached, or was lost (${lost}).`;
  // Drizzle's own message is the statement.
  if (error instanceof DrizzleQueryError && error.cause) return explain(error.cause);
  return error instanceof Error ? error.message : String(error);
}

const connectionCode = /^(CONNECT|ECONN|EHOST|ENET|ENOTFOUND|EAI_|EPIPE|ETIMEDOUT)/;

/** An error, what caused it, what caused that, and so on. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
