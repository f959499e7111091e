import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  type ParseOptions,
  type Source,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { countRepeats, MAX_REPEATS } from '../customers/selection/repeats.ts';
import { withoutValues } from '../errors/without-values.ts';
import { checkVariables } from '../graphql/variables.ts';

// Several times what the largest sensible document has. What it costs is limited in `graphql/builder.ts`.
const MAX_TOKENS = 2_000;
const MAX_CHARACTERS = 50_000;
/** The library looks no further: each may quote the whole document, and all of them take their time. */
const MAX_VALIDATION_ERRORS = 10;

/** Bounds what a document and its variables may be, on every transport: it works in the envelop. */
export function useLimits({ introspection }: { readonly introspection: boolean }): Plugin {
  return {
    onParse: ({ parseFn, setParseFn }) => {
      setParseFn((source, options) => {
        const text = typeof source === 'string' ? source : source.body;
        if (text.length > MAX_CHARACTERS) throw tooComplex(`${MAX_CHARACTERS} characters`);
        const document = parse(parseFn, source, options);
        if (countRepeats(document) > MAX_REPEATS) throw tooComplex(`${MAX_REPEATS} repeated selections`);
        return document;
      });
    },
    onValidate: ({ addValidationRule, validateFn, setValidationFn }) => {
      if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn((schema, document, rules, options) => {
        const errors = validateFn(schema, document, rules, {
          ...options,
          maxErrors: MAX_VALIDATION_ERRORS,
          // "Did you mean …" is introspection by the back door.
          hideSuggestions: !introspection,
        });
        for (const error of errors) error.message = withoutValues(error.message);
        return errors;
      });
    },
    onExecute: ({ args, setResultAndStopExecution }) => refuseVariables(args, setResultAndStopExecution),
    onSubscribe: ({ args, setResultAndStopExecution }) => refuseVariables(args, setResultAndStopExecution),
  };
}

type Parse = (source: string | Source, options?: ParseOptions) => DocumentNode;

function parse(parseFn: Parse, source: string | Source, options?: ParseOptions): DocumentNode {
  try {
    return parseFn(source, { ...options, maxTokens: MAX_TOKENS, allowEmptySelectionSets: false });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (/more than \d+ tokens/.test(error.message)) throw tooComplex(`${MAX_TOKENS} tokens`);
    error.message = withoutValues(error.message);
    throw error;
  }
}

function tooComplex(limit: string): GraphQLError {
  return new GraphQLError(`The document has more than ${limit}.`, {
    extensions: { code: 'TOO_COMPLEX', http: { status: 400 } },
  });
}

function refuseVariables(
  { schema, document, operationName, variableValues }: ExecutionArgs,
  refuse: (result: ExecutionResult) => void,
): void {
  const errors = checkVariables(schema, document, operationName, variableValues ?? {});
  if (errors.length > 0) refuse({ errors });
}
