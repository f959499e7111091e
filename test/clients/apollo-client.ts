import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { lastValueFrom, tap } from 'rxjs';
import { accepted, dataOf, download, type Job } from './job.ts';
import { StartDocument, WatchDocument } from './operations.ts';

export async function exportCustomers({ url, token, input, onProgress }: Job): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  const sockets = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => headers,
    shouldRetry: () => true, // also when the gateway, just restarting, refuses
  });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(sockets),
    new HttpLink({ uri: url, headers }),
  );
  const client = new ApolloClient({ link, cache: new InMemoryCache() });

  const started = await client.mutate({ mutation: StartDocument, variables: { input } });
  const asyncTaskId = accepted(dataOf(started).startCustomerExport);
  const states = client.subscribe({ query: WatchDocument, variables: { asyncTaskId } });
  const last = await lastValueFrom(
    states.pipe(tap((state) => onProgress(dataOf(state).customerExportProgress))),
  );
  return download(dataOf(last).customerExportProgress);
}
