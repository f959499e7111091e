import type { IncomingMessage } from 'node:http';
import { isJsonObject } from '../json-object.ts';
import { HttpError } from '../respond.ts';
import { readForm } from './form.ts';
import { parseMediaType } from './format.ts';

/** A body of this many bytes is too large. */
const TOO_MANY_BYTES = 262_144;
/** Several times what the page has. */
const MAX_NAMES = 100;

/** One way of writing a request's values; each media type has one. */
type Read = (text: string) => [string, unknown][];

const readers: Readonly<Record<string, Read>> = {
  'application/json': readJson,
  'text/jsonl': readJson,
  'application/jsonl': readJson,
  'application/x-ndjson': readJson,
  'application/x-www-form-urlencoded': readForm,
};

export const bodyTypes = Object.keys(readers);

/**
 * Reads the names and values of a request's body, as they came.
 * @throws {HttpError} 415 for another media type, 413 when it is too large, 400 when it is not what its type says.
 */
export async function readBody(req: IncomingMessage): Promise<[string, unknown][]> {
  const read = chooseReader(req);
  const bytes = await readBytes(req);
  const entries = read(decode(bytes));
  if (entries.length > MAX_NAMES) throw badBody(`The body has more than ${MAX_NAMES} names.`);
  return entries;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badBody('The body is not UTF-8.');
  }
}

function chooseReader({ headers }: IncomingMessage): Read {
  const type = parseMediaType(headers['content-type'] ?? '');
  const read = readers[type?.essence ?? ''];
  const charset = type?.params.get('charset') ?? 'utf-8';
  const encoding = headers['content-encoding'] ?? 'identity';
  if (read && /^(utf-?8|us-ascii)$/i.test(charset) && encoding === 'identity') return read;
  throw new HttpError(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    `The body must be UTF-8, without Content-Encoding, and one of ${bodyTypes.join(', ')}.`,
    { accept: bodyTypes.join(', ') },
  );
}

async function readBytes(req: IncomingMessage): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) >= TOO_MANY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The request outlives the loop: what is too large is still answered on its connection.
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('A body comes as bytes.');
      size += chunk.byteLength;
      if (size >= TOO_MANY_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    req.resume(); // lets the rest pass unread
    throw req.readableAborted ? badBody('The body ended early.') : error;
  }
  return Buffer.concat(chunks, size);
}

function readJson(text: string): [string, unknown][] {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw badBody('The body must be one JSON object.');
  return Object.entries(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const badBody = (message: string) => new HttpError(400, 'INVALID', message);
const tooLarge = () =>
  new HttpError(413, 'TOO_LARGE', `The body must be smaller than ${TOO_MANY_BYTES} bytes.`);
