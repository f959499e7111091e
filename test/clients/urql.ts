import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { accepted, dataOf, download, isOver, type Job, type Progress } from './job.ts';
import { StartDocument, WatchDocument } from './operations.ts';

export async function exportCustomers({ url, token, input, onProgress }: Job): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  const sockets = createClient({ url: url.replace(/^http/, 'ws'), connectionParams: () => headers });
  const subscriptions = subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: ({ next, ...sink }) => {
        const whole = { ...sink, next: ({ data = null, ...rest }) => next({ data, ...rest }) };
        return { unsubscribe: sockets.subscribe({ query, variables }, whole) };
      },
    }),
  });
  const client = new Client({ url, fetchOptions: { headers }, exchanges: [fetchExchange, subscriptions] });

  const { data, error } = await client.mutation(StartDocument, { input });
  const asyncTaskId = accepted(dataOf({ data, errors: error && [error] }).startCustomerExport);
  const last = await new Promise<Progress>((resolve, reject) => {
    client.subscription(WatchDocument, { asyncTaskId }).subscribe(({ data, error }) => {
      if (!data) return reject(error);
      onProgress(data.customerExportProgress);
      if (isOver(data.customerExportProgress)) resolve(data.customerExportProgress);
    });
  });
  return download(last);
}
