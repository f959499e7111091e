import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import { accepted, dataOf, download, type Job, type Progress } from './job.ts';
import { StartDocument, type StartMutation, WatchDocument, type WatchSubscription } from './operations.ts';

export async function exportCustomers({ url, token, input, onProgress }: Job): Promise<Response> {
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => ({ authorization: `Bearer ${token}` }), // asked again on each reconnect
    shouldRetry: () => true, // also when the gateway, just restarting, refuses
  });
  const start = { query: print(StartDocument), variables: { input } };
  const [started = {}] = await Array.fromAsync(client.iterate<StartMutation>(start));
  const asyncTaskId = accepted(dataOf(started).startCustomerExport);

  const watch = { query: print(WatchDocument), variables: { asyncTaskId } };
  let last: Progress | undefined;
  for await (const result of client.iterate<WatchSubscription>(watch)) {
    last = dataOf(result).customerExportProgress;
    onProgress(last);
  }
  await client.dispose();
  if (!last) throw new Error('The export was not seen.');
  return download(last);
}
