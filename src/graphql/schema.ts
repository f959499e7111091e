import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import './brand.ts';
import './customer-export-mutations.ts';
import './customer-export-progress.ts';
import './customer-export-queries.ts';
import './customers.ts';
import './scalars.ts';

/** The whole schema. Files per noun add to it; this one only loads them. */
export function buildSchema(): GraphQLSchema {
  return builder.toSchema();
}
