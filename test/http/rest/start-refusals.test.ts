import { describe, expect, test } from 'vitest';
import { exports } from '../../../src/db/tables.ts';
import { createRestHandler } from '../../../src/http/rest.ts';
import { authenticateByName, serve } from '../../support/gateway.ts';
import { form, json, newId, path, refusalOf, toForm, useRest } from '../../support/rest.ts';

const { deps, logged, post, postJson } = useRest();

describe('a refusal', () => {
  test('names every fault at once, of types and of content, and nothing is stored', async () => {
    const before = await deps.db.$count(exports);
    const response = await postJson({
      downloadRequestId: 7,
      brand: 'piaget',
      posCodes: ['P1', 'P9', 5],
      birthdateMonths: [1, 13, 'x', 1.5],
      clientSpendingFrom: '100',
      canBeContactedByMaison: 'true',
      creationDateFrom: 'yesterday',
      interests: [{ interest: 'x' }, 'y', { interest: 'x', sapInterestId: 'CA-1', colour: 'red' }],
      hobbies: [{}],
      customerStatus: ['Client', 'Friend'],
      boosterCustomerIds: [2 ** 31],
      colour: 'red',
      selection: '{ email }',
      Email: 'a@example.com',
      EMAIL: 'b@example.com',
    });
    expect(await refusalOf(response)).toEqual({
      status: 400,
      code: 'INVALID',
      fields: [
        'birthdateMonths[1] INVALID',
        'birthdateMonths[2] INVALID',
        'birthdateMonths[3] INVALID',
        'boosterCustomerIds[0] INVALID',
        'brand INVALID',
        'canBeContactedByMaison INVALID',
        'clientSpendingFrom INVALID',
        'colour INVALID',
        'creationDateFrom INVALID',
        'customerStatus[1] INVALID',
        'downloadRequestId INVALID',
        'email INVALID',
        'hobbies[0] REQUIRED',
        'interests[0].sapInterestId REQUIRED',
        'interests[1] INVALID',
        'interests[2].colour INVALID',
        'posCodes[1] NOT_FOUND',
        'posCodes[2] INVALID',
        'selection INVALID',
      ],
    });
    expect(await deps.db.$count(exports)).toBe(before);
  });

  test('of a form names its texts that are no numbers, flags or objects', async () => {
    const body = toForm({ downloadRequestId: newId(), posCodes: ['P1'] }, false);
    const response = await post(
      `${body}&birthdateMonths=1,x&clientSpendingTo=much&hasSapCrmError=yes&interests=CA-1&searchKey=a&searchKey=b`,
      { 'content-type': form },
    );
    expect((await refusalOf(response)).fields).toEqual([
      'birthdateMonths[1] INVALID',
      'clientSpendingTo INVALID',
      'hasSapCrmError INVALID',
      'interests[0] INVALID',
      'searchKey INVALID',
    ]);
  });

  test('says what is missing', async () => {
    const nothing = {
      status: 400,
      code: 'REQUIRED',
      fields: ['downloadRequestId REQUIRED', 'posCodes REQUIRED'],
    };
    expect(await refusalOf(await post('{}'))).toEqual(nothing);
    expect(await refusalOf(await post('', { 'content-type': form }))).toEqual(nothing);
    expect(await refusalOf(await postJson({ downloadRequestId: null, posCodes: [] }))).toEqual(nothing);
  });

  test('a brand that is not the caller’s does not exist', async () => {
    const body = { downloadRequestId: newId(), posCodes: ['P3'] };
    for (const brand of ['piaget', 'nowhere', 'CARTIER']) {
      const response = await postJson(body, {}, `/customer/${brand}/export`);
      expect(await refusalOf(response)).toEqual({
        status: 404,
        code: 'NOT_FOUND',
        fields: ['brand NOT_FOUND'],
      });
    }
  });

  test('a parameter in the URL is not passed over in silence', async () => {
    const body = { downloadRequestId: newId(), posCodes: ['P1'] };
    const response = await postJson(body, {}, `${path}?format=json&Email=a@example.com&utm=1`);
    expect((await refusalOf(response)).fields).toEqual(['email INVALID']);
  });

  test('an unknown name that JavaScript objects have by themselves is unknown all the same', async () => {
    const body = `{"downloadRequestId":"${newId()}","posCodes":["P1"],"constructor":1,"toString":2,"__proto__":{"email":"x"}}`;
    const { status, fields } = await refusalOf(await post(body));
    expect(status).toBe(400);
    expect(fields).toEqual(expect.arrayContaining(['constructor INVALID', 'toString INVALID']));
  });

  test('needs a token, and one with the scope', async () => {
    const body = { downloadRequestId: newId(), posCodes: ['P1'] };
    const without = await postJson(body, { authorization: '' });
    expect(without.headers.get('www-authenticate')).toBe('Bearer');
    expect(await refusalOf(without)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    const withoutScope = await postJson(body, { authorization: 'Bearer blind' });
    expect(await refusalOf(withoutScope)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  test('a fault of ours is told by a requestId that the log has too, and by nothing else', async () => {
    const broken = { ...deps, enqueue: () => Promise.reject(new Error('secret detail')) };
    const gateway = await serve([createRestHandler(broken, authenticateByName())], broken);
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      body: JSON.stringify({ downloadRequestId: newId(), posCodes: ['P1'] }),
      headers: { 'content-type': json, authorization: 'Bearer ann' },
    });
    const answer = await response.text();
    await gateway.close();
    expect(response.status).toBe(500);
    expect(answer).not.toContain('secret');
    const requestId = response.headers.get('x-request-id');
    expect(answer).toContain(requestId);
    expect(logged.at(-1)).toMatchObject({
      requestId,
      msg: 'request failed',
      err: { message: 'secret detail' },
    });
  });
});
