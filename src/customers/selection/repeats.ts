import { type DocumentNode, Kind, type SelectionNode, visit } from 'graphql';

/** More than any sensible document has. */
export const MAX_REPEATS = 50;

/**
 * How many selections of a document stand beside one of the same key, or beside a fragment that may hold the same.
 * GraphQL compares all of those with each other, which takes the square of their number.
 */
export function countRepeats(document: DocumentNode): number {
  let repeats = 0;
  visit(document, {
    SelectionSet: ({ selections }, _key, parent) => {
      // Its selections were counted with those that it stands among.
      if (parent && 'kind' in parent && parent.kind === Kind.INLINE_FRAGMENT) return;
      const keys = selections.flatMap(keysOf);
      repeats += keys.length - new Set(keys).size;
    },
  });
  return repeats;
}

function keysOf(node: SelectionNode): string[] {
  if (node.kind === Kind.FIELD) return [node.alias?.value ?? node.name.value];
  return node.kind === Kind.FRAGMENT_SPREAD ? ['...'] : node.selectionSet.selections.flatMap(keysOf);
}
