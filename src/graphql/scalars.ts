import { GraphQLError } from 'graphql';
import { builder } from './builder.ts';

builder.scalarType('DateTime', {
  description:
    'An instant. Out: UTC with milliseconds, `2023-11-01T12:30:00.000Z`. In: `2022-01-01`, or RFC 3339 with any offset and up to six fraction digits; without an offset it is UTC.',
  serialize: (value) => (value instanceof Date ? value.toISOString() : value),
  parseValue: (value) => {
    if (typeof value !== 'string') throw new GraphQLError('DateTime takes a string.');
    return value;
  },
});

builder.scalarType('Date', {
  description: 'A calendar day, `1980-02-29`.',
  serialize: (value) => value,
});

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
});

builder.scalarType('URL', {
  description: 'An absolute URL.',
  serialize: (value) => value,
});
