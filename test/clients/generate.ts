import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';

/** The TypeScript of `operations.graphql`, made from `schema.graphql` by GraphQL Code Generator. */
export async function generateOperations(): Promise<string> {
  const schema = await readFile(join(import.meta.dirname, '../../schema.graphql'), 'utf8');
  const operations = await readFile(join(import.meta.dirname, 'operations.graphql'), 'utf8');
  const code = await codegen({
    filename: 'operations.ts',
    schema: parse(schema),
    documents: [{ location: 'operations.graphql', document: parse(operations) }],
    plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
    pluginMap: { typescriptOperations, typedDocumentNode },
    config: {
      useTypeImports: true,
      enumType: 'string-literal',
      defaultScalarType: 'unknown',
      scalars: { ID: 'string', DateTime: 'string', URL: 'string', JSON: 'unknown' },
    },
  });
  return `${header}${code.trimEnd()}\n`;
}

const header = `// Made by generate.ts from operations.graphql and the schema. Do not edit.
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
// biome-ignore-all assist: generated
`;

if (import.meta.main) process.stdout.write(await generateOperations());
