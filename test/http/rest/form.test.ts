import { expect, test } from 'vitest';
import { readForm } from '../../../src/http/rest/form.ts';

const read = (body: string) => Object.fromEntries(readForm(body));

test('lists are repeated keys, commas or both, whatever the case of the names', () => {
  expect(read('posCodes=A&PosCodes=B%2C+C&POSCODES=D,')).toEqual({ posCodes: ['A', 'B', 'C', 'D'] });
  expect(read('birthdateMonths=1,2&boosterCustomerIds=-7&boosterCustomerIds=8')).toEqual({
    birthdateMonths: [1, 2],
    boosterCustomerIds: [-7, 8],
  });
});

test('numbers and flags are read from text', () => {
  expect(
    read('clientSpendingFrom=100&clientSpendingTo=5e4&canBeContactedByMaison=True&hasSapCrmError=FALSE'),
  ).toEqual({
    clientSpendingFrom: 100,
    clientSpendingTo: 50_000,
    canBeContactedByMaison: true,
    hasSapCrmError: false,
  });
  expect(read('clientSpendingFrom=+2.50+&hasSapCrmError=+true')).toEqual({
    clientSpendingFrom: 2.5,
    hasSapCrmError: true,
  });
});

test('what is no number or flag stays text, to be refused as such', () => {
  expect(
    read('clientSpendingFrom=1,5&birthdateMonths=1,x&hasSapCrmError=yes&boosterCustomerIds=0x10,Infinity'),
  ).toEqual({
    clientSpendingFrom: '1,5',
    birthdateMonths: [1, 'x'],
    hasSapCrmError: 'yes',
    boosterCustomerIds: ['0x10', 'Infinity'],
  });
});

test('objects are JSON: one, several with commas, a list, or repeated keys', () => {
  const [a, b] = [{ sapHobbyId: 'A' }, { sapHobbyId: 'B' }];
  const encode = (...texts: string[]) =>
    new URLSearchParams(texts.map((text) => ['hobbies', text])).toString();
  const both = { hobbies: [a, b] };
  expect(read(encode(JSON.stringify(a), JSON.stringify(b)))).toEqual(both);
  expect(read(encode(JSON.stringify([a, b])))).toEqual(both);
  expect(read(encode(`${JSON.stringify(a)}, ${JSON.stringify(b)}`))).toEqual(both);
  expect(read(encode('{sapHobbyId:A}'))).toEqual({ hobbies: ['{sapHobbyId:A}'] });
});

test('a field left empty is not given', () => {
  expect(read('searchKey=&posCodes=&clientSpendingFrom=&hobbies=&hasSapCrmError=&creationDateFrom=')).toEqual(
    {
      searchKey: null,
      posCodes: [],
      clientSpendingFrom: null,
      hobbies: [],
      hasSapCrmError: null,
      creationDateFrom: null,
    },
  );
});

test('one value given twice is no value of its type', () => {
  expect(read('email=a&Email=b')).toEqual({ email: ['a', 'b'] });
  expect(read('email=&email=b')).toEqual({ email: 'b' });
});

test('text keeps its commas, and percent and plus signs are decoded', () => {
  expect(read('searchKey=Zo%C3%AB,+Anna')).toEqual({ searchKey: 'Zoë, Anna' });
});

test('names that the page has not are kept, to be refused', () => {
  expect(read('colour=red&posCodes[]=A&Roll')).toEqual({ colour: ['red'], 'posCodes[]': ['A'], Roll: [''] });
});

test('bytes that are no UTF-8 are refused, a % that stands for itself is not', () => {
  for (const broken of ['%ff', 'a%C3', '%C3%28', '%ED%A0%80']) {
    expect(() => readForm(`searchKey=x&email=${broken}&searchKey=y`)).toThrow('The body is not UTF-8.');
  }
  expect(read('searchKey=100%')).toEqual({ searchKey: '100%' });
  expect(read('searchKey=%zz')).toEqual({ searchKey: '%zz' });
  expect(read('searchKey=%C3%A9+%E2%82%AC+%F0%9F%8C%B9')).toEqual({ searchKey: 'é € 🌹' });
});
