import {
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { parameterNames } from '../rest/parameters.ts';

/** A JSON Schema of dialect 2020-12, as OpenAPI 3.1 uses it. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Describes the JSON of GraphQL types, with what GraphQL itself says of each field. */
export function describeTypes(schema: GraphQLSchema) {
  return {
    /** The body of a start: the parameters of the page, which are fields of the mutation's input and of its filter. */
    request: describeRequest(schema),
    /** The answer about a task. */
    task: describeValue(requireType(schema, 'CustomerExport'), {}),
  };
}

/** What REST takes besides what GraphQL takes, by the name of a GraphQL type. */
const alsoInRest: Readonly<Record<string, JsonSchema>> = {
  DateTime: {
    type: 'string',
    description: 'As GraphQL takes it, or `/Date(ms)/`, or `/Date(ms±hhmm)/`.',
    examples: ['2022-01-01', '2022-01-01T10:00:00Z', '/Date(1640995200000+0100)/'],
  },
  CustomerStatus: { type: 'string', description: 'In any case.', examples: ['Prospect', 'Client'] },
};

function describeRequest(schema: GraphQLSchema): JsonSchema {
  const described = ['StartCustomerExportInput', 'CustomerFilterInput'].map((name) =>
    describeFields(requireType(schema, name), alsoInRest),
  );
  const fields = new Map(
    described
      .flat()
      .filter(({ name }) => parameterNames.includes(name))
      .map((field) => [field.name, field]),
  );
  const inOrder = parameterNames.flatMap((name) => fields.get(name) ?? []);
  // The path has the brand already.
  return toObject(
    inOrder.map((field) => (field.name === 'brand' ? { ...field, required: false } : field)),
    false,
  );
}

function requireType(schema: GraphQLSchema, name: string): GraphQLType {
  const type = schema.getType(name);
  if (!type) throw new Error(`The schema has no type ${name}.`);
  return type;
}

type Field = { readonly name: string; readonly required: boolean; readonly schema: JsonSchema };

function describeFields(type: GraphQLType, overrides: Readonly<Record<string, JsonSchema>>): Field[] {
  if (!isObjectType(type) && !isInputObjectType(type)) throw new Error(`${type} has no fields.`);
  return Object.values(type.getFields()).map(({ name, type, description }) => ({
    name,
    required: isNonNullType(type),
    schema: { description: description ?? '', ...describe(type, overrides) },
  }));
}

function toObject(fields: readonly Field[], open: boolean): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
    required: fields.filter(({ required }) => required).map(({ name }) => name),
    ...(open ? {} : { additionalProperties: false }),
  };
}

function describe(type: GraphQLType, overrides: Readonly<Record<string, JsonSchema>>): JsonSchema {
  if (isNonNullType(type)) return describeValue(type.ofType, overrides);
  return { anyOf: [describeValue(type, overrides), { type: 'null' }] };
}

const scalars: Readonly<Record<string, JsonSchema>> = {
  ID: { type: 'string' },
  String: { type: 'string' },
  Int: { type: 'integer', format: 'int32' },
  Float: { type: 'number' },
  Boolean: { type: 'boolean' },
  DateTime: { type: 'string', format: 'date-time' },
  URL: { type: 'string', format: 'uri' },
  JSON: {},
};

function describeValue(type: GraphQLType, overrides: Readonly<Record<string, JsonSchema>>): JsonSchema {
  if (isListType(type)) return { type: 'array', items: describe(type.ofType, overrides) };
  const { name } = getNamedType(type);
  const simple = overrides[name] ?? scalars[name];
  if (simple) return simple;
  if (isEnumType(type)) return { type: 'string', enum: type.getValues().map((value) => value.name) };
  return toObject(
    isObjectType(type)
      ? describeFields(type, overrides).map((field) => ({ ...field, required: true }))
      : describeFields(type, overrides),
    isObjectType(type),
  );
}
