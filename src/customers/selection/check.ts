import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoUnusedFragmentsRule,
  parse,
  Source,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import { withoutValues } from '../../errors/without-values.ts';
import type { Problem } from '../../errors.ts';
import { collectSelection, defaultSelection, printSelection, type Selection } from '../selection.ts';
import { countRepeats, MAX_REPEATS } from './repeats.ts';

/** A selection in its one form, or everything that is wrong with it. */
export type CheckedSelection = { readonly selection: string } | { readonly problems: readonly Problem[] };

const MAX_CHARACTERS = 10_000;
const MAX_TOKENS = 1_000;
/** Each list is a join of its own. */
const MAX_LISTS = 16;
/** The library looks no further. */
const MAX_MISTAKES = 20;
const path = ['selection'];
const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);

/**
 * Reads a selection set on `Customer` as the schema has it; null = the default line.
 * `suggestions` says whether a message may name what would have been right.
 */
export function checkSelection(
  schema: GraphQLSchema,
  text: string | null | undefined,
  suggestions: boolean,
): CheckedSelection {
  if (text == null) return { selection: printSelection(defaultSelection) };
  if (text.length > MAX_CHARACTERS) return tooLarge(`${MAX_CHARACTERS} characters`);
  try {
    const document = parseAsFragment(text);
    if (countRepeats(document) > MAX_REPEATS) return tooLarge(`${MAX_REPEATS} repeated fields`);
    const errors = [
      ...findForbidden(document),
      ...validate(schema, document, rules, { hideSuggestions: !suggestions, maxErrors: MAX_MISTAKES }),
    ];
    if (errors.length > 0) return { problems: errors.map(toProblem) };
    const selection = readFragment(document);
    if (countLists(selection) > MAX_LISTS) return tooLarge(`${MAX_LISTS} lists`);
    return { selection: printSelection(selection) };
  } catch (error) {
    if (error instanceof GraphQLError) return { problems: [toProblem(error)] };
    throw error;
  }
}

/** On a line of its own, so that positions in the caller's text need one line less. */
const HEAD = 'fragment Line on Customer\n';

function parseAsFragment(text: string): DocumentNode {
  return parse(new Source(HEAD + text, 'selection'), {
    maxTokens: MAX_TOKENS,
    allowEmptySelectionSets: false,
  });
}

function readFragment(document: DocumentNode): Selection {
  const [fragment] = document.definitions;
  if (fragment?.kind !== Kind.FRAGMENT_DEFINITION)
    throw new GraphQLError('selection is not a selection set.');
  return collectSelection([fragment.selectionSet]);
}

/** What the schema would allow and a line has no use for. */
function findForbidden(document: DocumentNode): GraphQLError[] {
  const errors: GraphQLError[] = [];
  const forbid = (message: string) => (node: ASTNode) => {
    errors.push(new GraphQLError(message, { nodes: [node] }));
  };
  document.definitions.slice(1).forEach(forbid('A selection is one selection set.'));
  visit(document, {
    InlineFragment: forbid('Fragments are not allowed in a selection.'),
    FragmentSpread: forbid('Fragments are not allowed in a selection.'),
    Directive: forbid('Directives are not allowed in a selection.'),
  });
  return errors;
}

function toProblem({ message, locations }: GraphQLError): Problem {
  const [at] = locations ?? [];
  const where = at ? ` (line ${Math.max(1, at.line - 1)}, column ${at.column})` : '';
  return { code: 'INVALID', message: `${withoutValues(message)}${where}`, path };
}

function tooLarge(limit: string): CheckedSelection {
  return { problems: [{ code: 'TOO_LARGE', message: `selection must have at most ${limit}.`, path }] };
}

function countLists(selection: Selection): number {
  return selection.filter((selected) => selected.selection.length > 0).length;
}
