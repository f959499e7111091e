import { findName, parameters } from './rest-parameters.ts';

/** Reads a form, `posCodes=A&posCodes=B&birthdateMonths=1,2`, as the names and values that JSON would have held. */
export function readForm(body: string): [string, unknown][] {
  const fields = Map.groupBy(new URLSearchParams(body), ([name]) => findName(name) ?? name);
  return [...fields].map(([name, given]) => {
    const texts = given.map(([, text]) => text);
    return [name, parameters.get(name)?.fromForm(texts) ?? null];
  });
}
