import { EventSource } from 'eventsource';
import { print } from 'graphql';
import { accepted, dataOf, download, isOver, type Job, type Progress } from './job.ts';
import { StartDocument, type StartMutation, WatchDocument, type WatchSubscription } from './operations.ts';

export async function exportCustomers({ url, token, input, onProgress }: Job): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query: print(StartDocument), variables: { input } });
  const started = await (await fetch(url, { method: 'POST', headers, body })).json();
  const asyncTaskId = accepted(dataOf<StartMutation>(started).startCustomerExport);

  const watch = { query: print(WatchDocument), variables: JSON.stringify({ asyncTaskId }) };
  const source = new EventSource(`${url}?${new URLSearchParams(watch)}`, {
    // The browser's own EventSource sends no token; this package's can.
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...headers } }),
  });
  const last = await new Promise<Progress>((resolve) => {
    source.addEventListener('next', ({ data }) => {
      const { customerExportProgress } = dataOf<WatchSubscription>(JSON.parse(data));
      onProgress(customerExportProgress);
      if (isOver(customerExportProgress)) resolve(customerExportProgress);
    });
  });
  source.close();
  return download(last);
}
