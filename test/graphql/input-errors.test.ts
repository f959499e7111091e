import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { describeVariable, withoutValues } from '../../src/graphql/input-errors.ts';

describe('a message of the library', () => {
  test.each([
    ['Int cannot represent non-integer value: "Zoë: x"', 'Int cannot represent non-integer value.'],
    [
      'Enum "CustomerStatus" cannot represent non-enum value: "Zoë".',
      'Enum "CustomerStatus" cannot represent non-enum value.',
    ],
    [
      'Value "Zoë"\n" does not exist in "CustomerStatus" enum.',
      'The value does not exist in "CustomerStatus" enum.',
    ],
    [
      'Expected value of type "CustomerFilterInput" to be an object, found: "Zoë, found: x".',
      'Expected value of type "CustomerFilterInput" to be an object.',
    ],
    ['Syntax Error: Expected Name, found String "Zoë".', 'Syntax Error: Expected Name, found String.'],
    ['Cannot query field "names" on type "Brand".', 'Cannot query field "names" on type "Brand".'],
  ])('%j loses the value and nothing else', (message, expected) => {
    expect(withoutValues(message)).toBe(expected);
  });
});

describe('an error of a variable', () => {
  const inner = new GraphQLError('Float cannot represent non numeric value: "Zoë"');
  const outer = (message: string) => new GraphQLError(message, { originalError: inner });

  test.each([
    ['Variable "$input" got invalid value "Zoë"; ', '$input'],
    [
      'Variable "$input" got invalid value "Zoë" at "input.filter.clientSpendingTo"; ',
      '$input.filter.clientSpendingTo',
    ],
    [
      'Variable "$input" got invalid value "a at \\"input.b\\"" at "input.filter.posCodes[3]"; ',
      '$input.filter.posCodes[3]',
    ],
    ['Variable "$input" got invalid value "at \\"input.Zoë\\""; ', '$input'],
  ])('that begins with %s is told at its place', (head, place) => {
    const described = describeVariable(outer(head + inner.message));
    expect(described?.message).toBe(`${place}: Float cannot represent non numeric value.`);
    expect(described?.extensions).toEqual({ code: 'BAD_USER_INPUT' });
  });

  test('that is missing is told as it is', () => {
    const missing = new GraphQLError('Variable "$input" of required type "Int!" was not provided.');
    expect(describeVariable(missing)?.message).toBe(missing.message);
  });

  test('is no other error', () => {
    expect(describeVariable(new GraphQLError('Unknown field.'))).toBeNull();
  });
});
