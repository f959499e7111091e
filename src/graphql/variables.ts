import {
  type DocumentNode,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getOperationAST,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  typeFromAST,
} from 'graphql';
import { asName, withoutValues } from '../errors/without-values.ts';

/** More faults than anybody reads. */
const MAX_FAULTS = 20;

/**
 * What is wrong with an operation's variables, each fault with its place, `$input.filter.posCodes[3]`, and without the
 * value. The library would find the same; but its messages hold the whole value each, which tells other people's data
 * and takes seconds for a large one.
 */
export function checkVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  values: Readonly<Record<string, unknown>>,
): GraphQLError[] {
  const errors: GraphQLError[] = [];
  for (const node of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const name = node.variable.name.value;
    const type = typeFromAST(schema, node.type);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (!isInputType(type) || (value === undefined && (node.defaultValue || !isNonNullType(type)))) continue;
    for (const { place, message } of findFaults(value, type, { step: `$${name}`, before: null })) {
      const isLast = errors.length === MAX_FAULTS;
      const text = isLast ? `There are more faults than these ${MAX_FAULTS}.` : `${write(place)}: ${message}`;
      errors.push(new GraphQLError(text, { nodes: node, extensions: { code: 'BAD_USER_INPUT' } }));
      if (isLast) return errors;
    }
  }
  return errors;
}

/** A step into a variable, and those before it: written out only where something is wrong. */
type Place = { readonly step: string | number; readonly before: Place | null };
type Fault = { readonly place: Place; readonly message: string };

function write({ step, before }: Place): string {
  if (!before) return `${step}`;
  return `${write(before)}${typeof step === 'number' ? `[${step}]` : `.${step}`}`;
}

function* findFaults(value: unknown, type: GraphQLInputType, place: Place): Iterable<Fault> {
  if (isNonNullType(type)) {
    if (value != null) yield* findFaults(value, type.ofType, place);
    else yield { place, message: `Expected value of non-null type "${type}" not to be null.` };
  } else if (value == null) {
    return;
  } else if (isListType(type)) {
    if (!Array.isArray(value)) return yield* findFaults(value, type.ofType, place);
    for (const [at, element] of value.entries())
      yield* findFaults(element, type.ofType, { step: at, before: place });
  } else if (isInputObjectType(type)) {
    yield* findFaultsOfObject(value, type, place);
  } else {
    try {
      type.coerceInputValue(value, true);
    } catch (error) {
      const message = error instanceof GraphQLError ? error.message : `Expected value of type "${type}".`;
      yield { place, message: withoutValues(message) };
    }
  }
}

function* findFaultsOfObject(
  value: unknown,
  type: Extract<GraphQLInputType, { getFields(): unknown }>,
  place: Place,
): Iterable<Fault> {
  const expected = `Expected value of type "${type}"`;
  if (!isObject(value)) return yield { place, message: `${expected} to be an object.` };
  const fields = type.getFields();
  for (const field of Object.values(fields)) {
    const member = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
    if (member !== undefined) yield* findFaults(member, field.type, { step: field.name, before: place });
    else if (isRequiredInputField(field)) {
      yield { place, message: `${expected} to include required field "${field.name}".` };
    }
  }
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(fields, name)) continue;
    yield { place, message: `${expected} not to include unknown field "${asName(name)}".` };
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
