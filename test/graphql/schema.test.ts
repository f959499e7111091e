import { readFile } from 'node:fs/promises';
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { customerFields, type Fields } from '../../src/customers/fields.ts';
import { printSchemaFile } from '../../src/graphql/print-schema.ts';
import { buildSchema } from '../../src/graphql/schema.ts';

const schema = buildSchema();

test('schema.graphql is what the code prints', async () => {
  const file = await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8');
  expect(file).toBe(printSchemaFile(schema));
});

test('every type, field, argument and enum value is described', () => {
  const undescribed: string[] = [];
  const check = (name: string, { description }: { description?: string | null | undefined }) => {
    if (!description) undescribed.push(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    const root = ['Query', 'Mutation', 'Subscription'].includes(type.name);
    if (!root) check(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
    if (isObjectType(type) || isInputObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field);
        if ('args' in field) {
          for (const arg of field.args) check(`${type.name}.${field.name}(${arg.name})`, arg);
        }
      }
    }
  }
  expect(undescribed).toEqual([]);
});

test('a line can show every field of Customer, and no other', () => {
  const compare = (fields: Fields, typeName: string) => {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) throw new Error(`${typeName} is no object type`);
    const names = Object.keys(fields).filter((name) => name !== '__typename');
    expect(names.toSorted(), typeName).toEqual(Object.keys(type.getFields()).toSorted());
    for (const [name, field] of Object.entries(fields)) {
      if (field.kind === 'leaf') continue;
      compare(field.fields, `${type.getFields()[name]?.type}`.replaceAll(/[[\]!]/g, ''));
    }
  };
  compare(customerFields, 'Customer');
});
