import { parseArgs } from 'node:util';
import { type ImportFile, openImportFile, UnreadableFile } from '../customers/import/file.ts';
import { type ImportReport, importCustomers } from '../customers/import.ts';
import { openDatabase } from './open-database.ts';
import { openProgress, showCount, showPace } from './progress.ts';
import { readArguments, runCommand, UsageError } from './run-command.ts';

const usage = `Usage: npm run import -- FILE.jsonl

Puts the customers of a file's lines into the database, by their boosterCustomerId: all together or, when it fails
or is interrupted, none. FILE may end in .gz or .zst. A bad line is told as FILE:LINE: reason, and left out.

Exit status: 0 when every line went in, 1 when some were left out, 2 when the file or the database failed.
`;

await runCommand(async (signal) => {
  const { values, positionals } = readArguments(usage, () =>
    parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } }),
  );
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0) throw new UsageError('Name one file to import.', usage);
  try {
    await using file = await openImportFile(path);
    await using database = await openDatabase(process.env, signal);
    const startedAt = performance.now();
    const report = await importFile(database.url, path, file, signal);
    process.stdout.write(describe(report, startedAt));
    return report.replaced + report.skipped === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new Error(`${path}: ${error.message} Nothing was imported.`, { cause: error });
  }
});

async function importFile(
  url: string,
  path: string,
  file: ImportFile,
  signal: AbortSignal,
): Promise<ImportReport> {
  using progress = openProgress('Importing');
  return await importCustomers(url, file.chunks, {
    onFault: (line, reason) => progress.warn(`${path}:${line}: ${reason}`),
    onProgress: (lines) => progress.update({ begun: file.size ? file.bytesRead() / file.size : 0, ...lines }),
    signal,
  });
}

function describe({ imported, replaced, skipped }: ImportReport, startedAt: number): string {
  const sentences = [`${showCount(imported, 'customer')} imported ${showPace(imported, startedAt)}.`];
  if (skipped > 0) sentences.push(`${showCount(skipped, 'bad line')} left out.`);
  if (replaced > 0)
    sentences.push(`${showCount(replaced, 'line')} replaced by later ones of the same customers.`);
  return `${sentences.join(' ')}\n`;
}
