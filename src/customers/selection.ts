import { Kind, parse, type SelectionSetNode } from 'graphql';
import { customerFields, type Fields } from './fields.ts';

/** One key of a line: what it is called, which field it shows and, of an object or list, what of it. */
export type Selected = {
  readonly key: string;
  readonly field: string;
  /** Empty for a plain value. */
  readonly selection: Selection;
};
/** The keys of a line in order. Each key stands once. */
export type Selection = readonly Selected[];

/** Every field of `Customer`. */
export const completeSelection: Selection = selectAll(customerFields);
/** Every field except `transactions`: the line that is written when nothing is selected. */
export const defaultSelection: Selection = completeSelection.filter(({ field }) => field !== 'transactions');

function selectAll(fields: Fields): Selection {
  return Object.entries(fields)
    .filter(([field]) => field !== '__typename')
    .map(([key, field]) => ({
      key,
      field: key,
      selection: field.kind === 'leaf' ? [] : selectAll(field.fields),
    }));
}

/**
 * Reads a selection set that is known to be valid on `Customer`: `{ boosterCustomerId spent: clientSpending }`.
 * A key selected twice stands where it stood first, with the sub-selections of both.
 */
export function parseSelection(text: string): Selection {
  const [definition] = parse(text, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('Not a selection set.');
  return collectSelection([definition.selectionSet]);
}

/** The same for selection sets that GraphQL has parsed. */
export function collectSelection(sets: readonly SelectionSetNode[]): Selection {
  const byKey = new Map<string, { field: string; sets: SelectionSetNode[] }>();
  for (const node of sets.flatMap((set) => set.selections)) {
    if (node.kind !== Kind.FIELD) throw new Error('A selection has fields only.');
    const key = node.alias?.value ?? node.name.value;
    const selected = byKey.get(key) ?? { field: node.name.value, sets: [] };
    if (node.selectionSet) selected.sets.push(node.selectionSet);
    byKey.set(key, selected);
  }
  return [...byKey].map(([key, { field, sets }]) => ({ key, field, selection: collectSelection(sets) }));
}

/** The selection as text, in one form for all that mean the same. */
export function printSelection(selection: Selection): string {
  const fields = selection.map(({ key, field, selection }) => {
    const name = key === field ? field : `${key}: ${field}`;
    return selection.length === 0 ? name : `${name} ${printSelection(selection)}`;
  });
  return `{ ${fields.join(' ')} }`;
}
