import { describeFile, type ExportFile } from '../exports/file.ts';
import { findQueuePosition } from '../exports/queue.ts';
import { type ExportTask, type Failure, tellAttempts } from '../exports/task.ts';
import { builder } from './builder.ts';

export const exportStatusType = builder.enumType('CustomerExportStatus', {
  description:
    'CREATED → RUNNING → COMPLETED or FAILED; CANCELING → CANCELED; COMPLETED → EXPIRED. COMPLETED, FAILED, CANCELED and EXPIRED are terminal.',
  values: {
    CREATED: { description: 'Waits for a worker.' },
    RUNNING: { description: 'A worker reads customers and writes lines.' },
    COMPLETED: { description: 'The file is whole and can be downloaded.' },
    FAILED: { description: 'It could not be done; `failure` says why.' },
    CANCELING: { description: 'Was asked to stop while it ran; the worker is about to.' },
    CANCELED: { description: 'Was stopped. There is no file.' },
    EXPIRED: { description: 'The file is no longer kept; the record is.' },
  } as const,
});

export const compressionType = builder.enumType('ExportCompression', {
  description: 'How the file is compressed: it is a compressed file, not an HTTP content encoding.',
  values: {
    NONE: { description: 'Not at all: `.jsonl`.' },
    GZIP: { description: 'gzip: `.jsonl.gz`.' },
    ZSTD: { description: 'Zstandard: `.jsonl.zst`; smaller and faster than gzip.' },
  } as const,
});

const failureType = builder.objectRef<Failure>('ExportFailure').implement({
  description: 'Why an export failed.',
  fields: (t) => ({
    code: t.exposeString('code', {
      nullable: false,
      description:
        'For machines: WORKER_CRASHED, STORAGE_FULL, STORAGE_UNAVAILABLE, DATABASE_UNAVAILABLE or INTERNAL_ERROR.',
    }),
    message: t.exposeString('message', { nullable: false, description: 'For people: what to do about it.' }),
    retryable: t.exposeBoolean('retryable', {
      nullable: false,
      description: 'Whether the same request under a new downloadRequestId has a chance.',
    }),
  }),
});

const fileType = builder.objectRef<ExportFile>('ExportFile').implement({
  description: 'A finished export’s file: one JSON object a line, each line ended by a line feed.',
  fields: (t) => ({
    url: t.expose('url', {
      type: 'URL',
      nullable: false,
      description: 'Opens the file for whoever holds it, until `urlExpiresAt`. Each query mints a new one.',
    }),
    urlExpiresAt: t.expose('urlExpiresAt', {
      type: 'DateTime',
      nullable: false,
      description: 'Until when `url` works; 15 minutes unless configured.',
    }),
    fileName: t.exposeString('fileName', {
      nullable: false,
      description: '`customers-<brand>-<asyncTaskId>.jsonl`, with `.gz` or `.zst` when compressed.',
    }),
    contentType: t.exposeString('contentType', {
      nullable: false,
      description: 'Media type of the bytes served.',
    }),
    compression: t.expose('compression', {
      type: compressionType,
      nullable: false,
      description: 'How the file is compressed.',
    }),
    fileSize: t.exposeFloat('fileSize', {
      nullable: false,
      description: 'Bytes served; a whole number, a Float because files exceed 2 GiB.',
    }),
    uncompressedSize: t.exposeFloat('uncompressedSize', {
      nullable: false,
      description: 'Bytes before compression; a whole number.',
    }),
    objectCount: t.exposeInt('objectCount', { nullable: false, description: 'Lines.' }),
    fileChecksum: t.exposeString('fileChecksum', {
      nullable: false,
      description: '`sha256:` and 64 hex digits over the bytes served.',
    }),
  }),
});

export const customerExportType = builder.objectRef<ExportTask>('CustomerExport').implement({
  description: 'An export of customers: its request, how far it is, and its file.',
  fields: (t) => ({
    asyncTaskId: t.exposeID('id', { nullable: false, description: 'Our id of the export; a UUID.' }),
    downloadRequestId: t.exposeString('downloadRequestId', {
      nullable: false,
      description: 'The caller’s own id of the request.',
    }),
    brand: t.exposeString('brand', { nullable: false, description: 'Code of the brand (Maison).' }),
    status: t.expose('status', {
      type: exportStatusType,
      nullable: false,
      description: 'Where it stands. Within one attempt it only moves forward.',
    }),
    filter: t.field({
      type: 'JSON',
      nullable: false,
      description:
        'The filter as understood: in one form, whole days resolved, what does not filter left out.',
      resolve: ({ filter }) => filter ?? {},
    }),
    selection: t.exposeString('selection', {
      nullable: false,
      description: 'The selection set on Customer that each line shows.',
    }),
    objectCount: t.exposeInt('objectCount', {
      nullable: false,
      description: 'Lines written so far; starts over when a lost worker’s export is taken over.',
    }),
    totalObjectCount: t.exposeInt('totalObjectCount', {
      description: 'How many lines the file will have: exact; null until known.',
    }),
    progress: t.exposeFloat('progress', {
      nullable: false,
      description: 'Percent, 0..100. Never falls; 100 only when COMPLETED.',
    }),
    objectsPerSecond: t.exposeFloat('objectsPerSecond', {
      description: 'Lines per second of this attempt; null before there is enough to tell.',
    }),
    estimatedCompletionAt: t.expose('estimatedCompletionAt', {
      type: 'DateTime',
      description: 'When it will be done at this rate; null when unknown or done.',
    }),
    queuePosition: t.int({
      description:
        'Place in the queue while CREATED, 1 = next; null afterwards. It moves with the exports before it, which is no event of this one: ask again.',
      resolve: (task, _, { deps }) => findQueuePosition(deps.db, task),
    }),
    attempts: t.int({
      nullable: false,
      description:
        'Times that a worker began it; one that an orderly stop gave back counts once with the next. Never falls.',
      resolve: tellAttempts,
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      nullable: false,
      description: 'When it was asked for.',
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description: 'When a worker first began it; null before.',
    }),
    completedAt: t.expose('completedAt', {
      type: 'DateTime',
      description: 'When it reached COMPLETED, FAILED or CANCELED; null before.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Until when the file is kept; null before COMPLETED.',
    }),
    transactionTime: t.expose('transactionTime', {
      type: 'DateTime',
      description: 'The instant of the database snapshot that the file shows; null until it is taken.',
    }),
    file: t.field({
      type: fileType,
      description: 'The file; null unless COMPLETED.',
      resolve: (task, _, { deps }) => describeFile(deps, task),
    }),
    failure: t.expose('failure', { type: failureType, description: 'Why it failed; null unless FAILED.' }),
    requestedBy: t.exposeString('requestedBy', {
      nullable: false,
      description: 'Subject of the caller who asked for it.',
    }),
  }),
});
