import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';

// What any client would do, with nothing but the public API.

const brands = z.object({
  brands: z
    .array(
      z.object({
        code: z.string(),
        name: z.string(),
        pointsOfSale: z.array(z.object({ posCode: z.string() })),
      }),
    )
    .min(1),
});
export type DemoBrand = z.infer<typeof brands>['brands'][number];

const started = z.object({
  startCustomerExport: z.object({
    asyncTaskId: z.string().nullable(),
    userErrors: z.array(z.object({ message: z.string() })),
  }),
});

const exportState = z.object({
  status: z.string(),
  progress: z.number(),
  objectCount: z.number(),
  totalObjectCount: z.number().nullable(),
  objectsPerSecond: z.number().nullable(),
  estimatedCompletionAt: z.string().nullable(),
  transactionTime: z.string().nullable(),
  file: z
    .object({ url: z.string(), fileName: z.string(), fileSize: z.number(), fileChecksum: z.string() })
    .nullable(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type ExportState = z.infer<typeof exportState>;
export type DemoFile = NonNullable<ExportState['file']>;

/** The brands that can be exported from, with their boutiques. */
export async function listBrands(url: string): Promise<DemoBrand[]> {
  return brands.parse(await request(url, '{ brands { code name pointsOfSale { posCode } } }', {})).brands;
}

/** Starts an export and gives its asyncTaskId. */
export async function start(url: string, input: Record<string, unknown>): Promise<string> {
  const { asyncTaskId, userErrors } = started.parse(
    await request(
      url,
      'mutation ($input: StartCustomerExportInput!) { startCustomerExport(input: $input) { asyncTaskId userErrors { message } } }',
      { input },
    ),
  ).startCustomerExport;
  if (asyncTaskId === null) throw new Error(userErrors.map(({ message }) => message).join(' '));
  return asyncTaskId;
}

async function request(url: string, query: string, variables: unknown): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const answer = z.object({ data: z.unknown(), errors: z.unknown().optional() }).parse(await response.json());
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

/** Every state of an export, from the current one to the terminal one, pushed over WebSocket. */
export async function* watch(url: string, asyncTaskId: string): AsyncGenerator<ExportState> {
  const client = createClient({ url: `${url.replace(/^http/, 'ws')}/graphql`, webSocketImpl: WebSocket });
  try {
    const events = client.iterate({
      query: `subscription ($asyncTaskId: ID!) {
        customerExportProgress(asyncTaskId: $asyncTaskId) {
          status progress objectCount totalObjectCount objectsPerSecond estimatedCompletionAt transactionTime
          file { url fileName fileSize fileChecksum } failure { code message }
        }
      }`,
      variables: { asyncTaskId },
    });
    for await (const { data } of events) {
      yield z.object({ customerExportProgress: exportState }).parse(data).customerExportProgress;
    }
  } finally {
    await client.dispose();
  }
}

/** Saves the file under `path`. @throws when its size or checksum is not what the API said. */
export async function download(file: DemoFile, path: string): Promise<void> {
  const response = await fetch(file.url);
  if (!response.ok || !response.body) throw new Error(`The download was answered with ${response.status}.`);
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(
    response.body,
    async function* measure(chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  const checksum = `sha256:${hash.digest('hex')}`;
  if (size !== file.fileSize) throw new Error(`The file has ${size} bytes and not ${file.fileSize}.`);
  if (checksum !== file.fileChecksum)
    throw new Error('The file does not have the checksum that was promised.');
}
