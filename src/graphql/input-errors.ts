import { GraphQLError } from 'graphql';

/**
 * A message of the GraphQL library without the value that it is about, which may be somebody's data. Names of the
 * schema's stay, and so does what was expected.
 */
export function withoutValues(message: string): string {
  return message
    .replace(/, found: .*$/s, '.')
    .replace(/(cannot represent [^:]*value): .*$/s, '$1.')
    .replace(/^Value ".*" does not exist in/s, 'The value does not exist in')
    .replace(/(found (?:Block)?String) ".*$/s, '$1.');
}

/**
 * What is wrong with an operation’s variables, with the place and without the value: the library's own message has the
 * value and hides the place in its text. Null for any other error.
 */
export function describeVariable(error: GraphQLError): GraphQLError | null {
  if (!error.message.startsWith('Variable "$')) return null;
  const { nodes, originalError } = error;
  const extensions = { code: 'BAD_USER_INPUT' };
  if (!(originalError instanceof GraphQLError)) {
    return new GraphQLError(withoutValues(error.message), { nodes, extensions });
  }
  const [, name = '', inner = ''] =
    /^Variable "\$(\w+)" (?:.* at "\w+([\w.[\]]*)")?/s.exec(headOf(error)) ?? [];
  return new GraphQLError(`$${name}${inner}: ${withoutValues(originalError.message)}`, { nodes, extensions });
}

/** The part before the message of the error within, which ends with the place. */
function headOf({ message, originalError }: GraphQLError): string {
  return message.slice(0, message.length - (originalError?.message.length ?? 0)).replace(/; $/, '');
}
