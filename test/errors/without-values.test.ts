import { parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { withoutValues } from '../../src/errors/without-values.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { fc } from '../support/fast-check.ts';

describe('a message of the library', () => {
  test.each([
    ['Int cannot represent non-integer value: "Zoë: x"', 'Int cannot represent non-integer value.'],
    [
      'Enum "CustomerStatus" cannot represent non-enum value: "Zoë".',
      'Enum "CustomerStatus" cannot represent non-enum value.',
    ],
    [
      'Value "Zoë"\n" does not exist in "x" does not exist in "CustomerStatus" enum.',
      'The value does not exist in "CustomerStatus" enum.',
    ],
    [
      'Expected value of type "CustomerFilterInput" to be an object, found: "Zoë, found: x".',
      'Expected value of type "CustomerFilterInput" to be an object.',
    ],
    [
      'Expected value of type "A" not to include unknown field "emial". Did you mean "email" or "b"? Found: { email: "Zoë" }.',
      'Expected value of type "A" not to include unknown field "emial". Did you mean "email" or "b"?',
    ],
    [
      'Expected value of type "A" not to include unknown field "zoe", found: { zoe: "Zoë" }.',
      'Expected value of type "A" not to include unknown field "zoe".',
    ],
    [
      'Expected value of type "A" not to include unknown field "zoe@x.example", found: { zoe: "Zoë" }.',
      'Expected value of type "A" not to include unknown field.',
    ],
    ['Expected value of type "A", but encountered error "Zoë"; found: "Zoë".', 'Expected value of type "A".'],
    ['Argument "Query.a(b:)" has invalid value "Zoë".', 'Argument "Query.a(b:)".'],
    ['Syntax Error: Expected Name, found String "Zoë".', 'Syntax Error: Expected Name, found String.'],
    ['Syntax Error: Expected Name, found Int "555".', 'Syntax Error: Expected Name, found Int.'],
    ['Syntax Error: Unexpected Name "zoe".', 'Syntax Error: Unexpected Name.'],
    [
      'Syntax Error: Invalid number, expected digit before ".", did you mean "0.5551234"?',
      'Syntax Error: Invalid number, expected digit before ".".',
    ],
    [
      'Syntax Error: Invalid Unicode escape sequence: "\\u{ZoëZ".',
      'Syntax Error: Invalid Unicode escape sequence.',
    ],
    [
      'Syntax Error: Unexpected variable "$zoe" in constant value.',
      'Syntax Error: Unexpected variable in constant value.',
    ],
    ['Syntax Error: Expected ":", found "}".', 'Syntax Error: Expected ":", found "}".'],
    ['Cannot query field "names" on type "Brand".', 'Cannot query field "names" on type "Brand".'],
    [`Unknown type "${'Z'.repeat(65)}".`, 'Unknown type "…".'],
  ])('%j loses the value and nothing else', (message, expected) => {
    expect(withoutValues(message)).toBe(expected);
  });

  test('of any broken document or wrong literal tells none of its values', () => {
    const schema = buildSchema();
    const value = fc.constantFrom(
      ...[
        '"Zoe"',
        '"""Zoe"""',
        'Zoe',
        '[Zoe]',
        '{email: "Zoe"}',
        '{Zoe: 1, email: "Zoe"}',
        '9731973',
        '-9731973.5',
      ],
      ...['.9731973', '"\\u{9731973}"', '"Zoe', "'Zoe'", '"Zoe" "Zoe"', 'Zoe: "Zoe"', '[{a: "Zoe"}]', '$Zoe'],
    );
    const argument = fc.constantFrom(
      'brand',
      'posCodes',
      'birthdateMonths',
      'customerStatus',
      'interests',
      'emial',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(argument, value), { minLength: 1, maxLength: 3 }), (fields) => {
        const filter = fields.map(([name, text]) => `${name}: ${text}`).join(', ');
        const messages = messagesOf(
          `{ customers(filter: {${filter}}, first: ${fields[0]?.[1]}) { totalCount } }`,
        );
        // A name where a document has names, of a field or a variable, is none of somebody's.
        const told = messages.join().replace(/unknown field "Zoe"|[vV]ariable "\$Zoe"/g, '');
        expect(told).not.toMatch(/Zoe|9731973/);
      }),
    );

    function messagesOf(document: string): string[] {
      try {
        return validate(schema, parse(document)).map(({ message }) => withoutValues(message));
      } catch (error) {
        return [withoutValues(error instanceof Error ? error.message : '')];
      }
    }
  });
});

test('a long message takes no longer than its length', () => {
  const started = process.threadCpuUsage();
  for (const part of [
    'cannot represent ',
    ' value: ',
    ', found: ',
    '" does not exist in "',
    ' at "a',
    'a',
    '"',
  ]) {
    for (const head of [
      '',
      'Syntax Error: ',
      'Value "',
      'Expected value of type "A" not to include unknown field "',
    ]) {
      withoutValues(head + part.repeat(250_000 / part.length));
    }
  }
  const { user, system } = process.threadCpuUsage(started);
  expect((user + system) / 1_000).toBeLessThan(1_000);
});
