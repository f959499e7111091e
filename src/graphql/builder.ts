import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import { GraphQLError } from 'graphql';
import type { Context } from './context.ts';

/** Every type is built with this; the types themselves live in a file per noun. */
export const builder = new SchemaBuilder<{
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string };
    Date: { Input: never; Output: string };
    /** In: text, understood by the domain. Out: an instant, or text that is one already. */
    DateTime: { Input: string; Output: Date | string };
    JSON: { Input: never; Output: NonNullable<unknown> };
    URL: { Input: never; Output: string };
  };
}>({
  plugins: [ComplexityPlugin],
  complexity: {
    // A value costs 1, a list ten times what it holds unless its field says otherwise. The widest sensible request,
    // a page of 1,000 whole customers, costs about 10,000.
    defaultComplexity: 1,
    defaultListMultiplier: 10,
    limit: { complexity: 20_000, depth: 10, breadth: 500 },
    complexityError: (kind) =>
      new GraphQLError(`The operation is too complex: its ${kind.toLowerCase()} is over the limit.`, {
        extensions: { code: 'TOO_COMPLEX' },
      }),
  },
});

builder.queryType({});
builder.mutationType({});
builder.subscriptionType({});
