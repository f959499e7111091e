import { setTimeout as delay } from 'node:timers/promises';
import { GraphQLClient } from 'graphql-request';
import { accepted, download, isOver, type Job } from './job.ts';
import { LookDocument, StartDocument } from './operations.ts';

export async function exportCustomers({ url, token, input, onProgress }: Job): Promise<Response> {
  const client = new GraphQLClient(url, { headers: { authorization: `Bearer ${token}` } });
  const { startCustomerExport } = await client.request(StartDocument, { input });
  const asyncTaskId = accepted(startCustomerExport);
  for (;;) {
    const { customerExport } = await client.request(LookDocument, { asyncTaskId });
    if (!customerExport) throw new Error('The export is gone.');
    onProgress(customerExport);
    if (isOver(customerExport)) return download(customerExport);
    await delay(1_000);
  }
}
