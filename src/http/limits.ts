import { GraphQLError, NoSchemaIntrospectionCustomRule } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { withoutValues } from '../graphql/input-errors.ts';

/** Several times what the largest sensible document has. What it costs is limited in `graphql/builder.ts`. */
const MAX_TOKENS = 2_000;

/** Bounds what a document may be, on every transport: it works in the envelop. */
export function useLimits({ introspection }: { readonly introspection: boolean }): Plugin {
  return {
    onParse: ({ parseFn, setParseFn }) => {
      setParseFn((source, options) => {
        try {
          return parseFn(source, { ...options, maxTokens: MAX_TOKENS, allowEmptySelectionSets: false });
        } catch (error) {
          throw error instanceof GraphQLError && /more than \d+ tokens/.test(error.message)
            ? new GraphQLError(`The document has more than ${MAX_TOKENS} tokens.`, {
                extensions: { code: 'TOO_COMPLEX', http: { status: 400 } },
              })
            : error;
        }
      });
    },
    onValidate: ({ addValidationRule, validateFn, setValidationFn }) => {
      if (!introspection) addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn((schema, document, rules, options) => {
        // "Did you mean …" is introspection by the back door.
        const errors = validateFn(schema, document, rules, { ...options, hideSuggestions: !introspection });
        for (const error of errors) error.message = withoutValues(error.message);
        return errors;
      });
    },
  };
}
