import { expect, test } from 'vitest';
import { AccessError, type Problem, Refusal } from '../../src/errors.ts';
import { DownloadRefusal } from '../../src/exports/download.ts';
import { HttpError, shapeError } from '../../src/http/respond.ts';

const invalid: Problem = {
  code: 'INVALID',
  message: 'posCodes[1] is odd.',
  path: ['filter', 'posCodes', '1'],
};
const brandUnknown: Problem = {
  code: 'NOT_FOUND',
  message: 'There is no such brand.',
  path: ['filter', 'brand'],
};
const posUnknown: Problem = { code: 'NOT_FOUND', message: 'No such POS.', path: ['filter', 'posCodes', '0'] };
const ofCode = (code: Problem['code']): Problem => ({ code, message: code, path: ['downloadRequestId'] });

test.each([
  ['a fault of content', new Refusal([invalid]), 400, 'INVALID'],
  ['an unknown POS', new Refusal([posUnknown]), 400, 'NOT_FOUND'],
  ['too much', new Refusal([ofCode('TOO_LARGE')]), 400, 'TOO_LARGE'],
  ['an unknown brand', new Refusal([brandUnknown]), 404, 'NOT_FOUND'],
  ['an unknown brand among other faults', new Refusal([invalid, brandUnknown]), 404, 'NOT_FOUND'],
  ['a conflict', new Refusal([ofCode('CONFLICT')]), 409, 'CONFLICT'],
  ['a limit', new Refusal([ofCode('LIMIT_REACHED')]), 429, 'LIMIT_REACHED'],
  ['no token', new AccessError('UNAUTHENTICATED', 'x'), 401, 'UNAUTHENTICATED'],
  ['no scope', new AccessError('FORBIDDEN', 'x'), 403, 'FORBIDDEN'],
  ['nothing there', new AccessError('NOT_FOUND', 'x'), 404, 'NOT_FOUND'],
  ['a forged link', new DownloadRefusal('LINK_INVALID', 'x'), 403, 'LINK_INVALID'],
  ['an old link', new DownloadRefusal('LINK_EXPIRED', 'x'), 403, 'LINK_EXPIRED'],
  ['no file', new DownloadRefusal('FILE_NOT_FOUND', 'x'), 404, 'FILE_NOT_FOUND'],
  ['a file that is gone', new DownloadRefusal('FILE_EXPIRED', 'x'), 410, 'FILE_EXPIRED'],
  ['a storage that is away', new DownloadRefusal('FILE_UNAVAILABLE', 'x'), 503, 'FILE_UNAVAILABLE'],
  [
    'a request that is none',
    new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', 'x'),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  ],
])('%s has a status of its own', (_, error, status, errorCode) => {
  expect(shapeError(error)).toMatchObject({ status, body: { responseStatus: { errorCode } } });
});

test('a refusal lists every fault under its parameter’s name and says in its message how many there are', () => {
  expect(shapeError(new Refusal([invalid, posUnknown]))?.body).toEqual({
    responseStatus: {
      errorCode: 'INVALID',
      message: 'posCodes[1] is odd. (2 faults in all, each under errors.)',
      errors: [
        { errorCode: 'INVALID', fieldName: 'posCodes[1]', message: 'posCodes[1] is odd.' },
        { errorCode: 'NOT_FOUND', fieldName: 'posCodes[0]', message: 'No such POS.' },
      ],
    },
  });
});

test('a fault is not for anybody to see', () => {
  expect(shapeError(new Error('select 1'))).toBeNull();
  expect(shapeError('text')).toBeNull();
});
