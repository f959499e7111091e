import { buildApp } from 'fauxqs';

/** A server that speaks S3, on loopback, holding everything in memory. */
export type S3Server = {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Keys of uploads that are neither completed nor aborted. */
  readonly unfinished: () => string[];
  readonly close: () => Promise<void>;
};

type Upload = {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: Date;
};

/** So that listings have more than one page. */
const UPLOADS_A_PAGE = 2;

/**
 * Starts a server with these buckets.
 *
 * It is fauxqs, with the one call that it has not learnt yet (kibertoad/fauxqs#269): ListMultipartUploads. An upload is
 * open from the answer that created it to the one that completed or aborted it, so the list is kept from the answers.
 */
export async function startS3Server(...buckets: string[]): Promise<S3Server> {
  const app = buildApp({ logger: false });
  const uploads = new Map<string, Upload>();

  app.addHook('onRequest', async (request, reply) => {
    const { pathname, searchParams } = new URL(request.url, 'http://server');
    if (request.method !== 'GET' || !searchParams.has('uploads')) return;
    const bucket = pathname.replaceAll('/', '');
    const inBucket = [...uploads.values()].filter((upload) => upload.bucket === bucket);
    reply.type('application/xml').send(listUploads(inBucket, searchParams));
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode >= 300) return payload;
    const { pathname, searchParams } = new URL(request.url, 'http://server');
    const id = searchParams.get('uploadId');
    if (request.method === 'POST' && searchParams.has('uploads')) {
      const created = /<UploadId>([^<]+)/.exec(`${payload}`)?.[1] ?? '';
      const [bucket = '', ...key] = decodeURIComponent(pathname).slice(1).split('/');
      uploads.set(created, { id: created, bucket, key: key.join('/'), initiated: new Date() });
    } else if (id !== null && (request.method === 'POST' || request.method === 'DELETE')) {
      uploads.delete(id);
    }
    return payload;
  });

  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  for (const bucket of buckets) {
    const { statusCode } = await app.inject({ method: 'PUT', url: `/${bucket}` });
    if (statusCode !== 200) throw new Error(`The bucket ${bucket} could not be made: ${statusCode}`);
  }
  return {
    url,
    unfinished: () => [...uploads.values()].map(({ key }) => key),
    close: () => app.close(),
  };
}

/** The XML of one page, as Amazon's reference has it. */
function listUploads(uploads: readonly Upload[], query: URLSearchParams): string {
  const [prefix, key, id] = ['prefix', 'key-marker', 'upload-id-marker'].map((name) => query.get(name) ?? '');
  const place = (upload: Upload) => `${upload.key}\n${upload.id}`;
  const after = uploads
    .filter((upload) => upload.key.startsWith(prefix ?? '') && place(upload) > `${key}\n${id}`)
    .toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  const page = after.slice(0, UPLOADS_A_PAGE);
  const last = page.at(-1);
  const more = last && after.length > page.length;
  return `<?xml version="1.0" encoding="UTF-8"?>
<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<IsTruncated>${more ? 'true' : 'false'}</IsTruncated>
${more ? `<NextKeyMarker>${last.key}</NextKeyMarker><NextUploadIdMarker>${last.id}</NextUploadIdMarker>` : ''}
${page.map((upload) => `<Upload><Key>${upload.key}</Key><UploadId>${upload.id}</UploadId><Initiated>${upload.initiated.toISOString()}</Initiated></Upload>`).join('\n')}
</ListMultipartUploadsResult>`;
}
