import parseRange from 'range-parser';
import type { Download } from '../exports/download.ts';

/** The file's own headers: those of every answer about it, whatever part of it is sent. */
export function fileHeaders(file: Download): Record<string, string> {
  return {
    etag: entityTag(file),
    // Of the whole file, also where only a part of it is sent (RFC 9530).
    'repr-digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
    'accept-ranges': 'bytes',
    'content-disposition': `attachment; filename="${file.fileName}"`,
    'referrer-policy': 'no-referrer',
  };
}

/** Strong: it changes with any byte of the file. */
export function entityTag(file: Pick<Download, 'sha256'>): string {
  return `"${file.sha256}"`;
}

/** Whether a list of entity tags (If-None-Match, If-Match) names this one. `*` names any. */
export function names(list: string, tag: string, { weak }: { readonly weak: boolean }): boolean {
  return list
    .split(',')
    .map((item) => item.trim())
    .some((item) => item === '*' || item === tag || (weak && item === `W/${tag}`));
}

/** The part of a file that a request asks for; null = all of it. */
export type Part = { readonly start: number; readonly end: number } | 'unsatisfiable' | null;

/**
 * Reads Range and If-Range. What is malformed, of another unit, more than one range, or about another version of the
 * file asks for all of it, as RFC 9110 allows.
 */
export function readRange(
  headers: { readonly range?: string | undefined; readonly 'if-range'?: string | undefined },
  { size, tag }: { readonly size: number; readonly tag: string },
): Part {
  const { range, 'if-range': ifRange } = headers;
  if (range === undefined || (ifRange !== undefined && ifRange.trim() !== tag)) return null;
  // The last n bytes of a shorter file are all of it; range-parser calls them unsatisfiable.
  const [, last] = /^bytes=\s*-(\d+)\s*$/i.exec(range) ?? [];
  if (last !== undefined && size > 0 && Number(last) >= size) return { start: 0, end: size - 1 };
  const parsed = parseRange(size, range);
  if (!Array.isArray(parsed)) return parsed === -1 && /^bytes=/i.test(range) ? 'unsatisfiable' : null;
  const [part, ...others] = parsed;
  if (part === undefined || others.length > 0 || parsed.type.toLowerCase() !== 'bytes') return null;
  return { start: part.start, end: part.end };
}
