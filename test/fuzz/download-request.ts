import fc from 'fast-check';
import type { FuzzRequest } from './request.ts';
import { id, text } from './values.ts';

const encode = (value: string) => encodeURIComponent(value.toWellFormed());
const header = text.map((value) => value.replace(/[^\t\x20-\x7e]/g, ''));
const entityTag = fc.oneof(fc.constantFrom('*', 'W/"x"', '""', `"${'0'.repeat(64)}"`), header);
const headers = fc.record(
  {
    range: fc.oneof(
      fc.constantFrom('bytes=0-', 'bytes=-1', 'bytes=5-1', 'bytes=999999999-', 'bytes=0-1,3-4', 'lines=1-2'),
      fc.integer({ min: 1, max: 1_000 }).map((n) => `bytes=${'0-1,'.repeat(n)}2-3`),
      header,
    ),
    'if-range': entityTag,
    'if-none-match': entityTag,
    'if-match': entityTag,
  },
  { requiredKeys: [] },
);
const query = fc.oneof(
  fc
    .tuple(text, text)
    .map(([expires, signature]) => `expires=${encode(expires)}&signature=${encode(signature)}`),
  text.map((value) => `signature=${encode(value)}`),
  text.map(encode),
);

/** A file's own URL with something else in it, or another one; with any conditions and ranges. */
export const downloadRequest = (signedPath: string, foreignId: string): fc.Arbitrary<FuzzRequest> => {
  const patched = fc
    .tuple(fc.nat(signedPath.length), fc.nat(4), text)
    .map(([at, length, patch]) => signedPath.slice(0, at) + encode(patch) + signedPath.slice(at + length));
  const other = fc
    .tuple(fc.oneof(id, fc.constant(foreignId)), query)
    .map(([task, rest]) => `/exports/${encode(task)}/file?${rest}`);
  const path = fc.oneof(
    { weight: 2, arbitrary: fc.constant(signedPath) },
    { weight: 3, arbitrary: patched.map((url) => (url.startsWith('/') ? url : `/${url}`)) },
    { weight: 2, arbitrary: other },
  );
  return fc
    .tuple(fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS'), path, headers)
    .map(([method, url, values]) => ({ method, path: url, headers: values, body: null }));
};
