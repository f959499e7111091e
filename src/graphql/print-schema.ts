import { type GraphQLSchema, printSchema } from 'graphql';

/** The schema as `schema.graphql` keeps it. */
export function printSchemaFile(schema: GraphQLSchema): string {
  return `# Printed from src/graphql by \`npm run schema\`. Do not edit.\n\n${printSchema(schema)}\n`;
}
