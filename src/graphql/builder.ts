import SchemaBuilder from '@pothos/core';
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
}>({});

builder.queryType({});
builder.mutationType({});
builder.subscriptionType({});
