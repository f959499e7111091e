import { HttpError } from '../respond.ts';
import { findName, parameters } from './parameters.ts';

/** More than there is room for with the page's own names. */
const MAX_FIELDS = 15_000;

/** Reads a form, `posCodes=A&posCodes=B&birthdateMonths=1,2`, as the names and values that JSON would have held. */
export function readForm(body: string): [string, unknown][] {
  if (body.split('&', MAX_FIELDS + 1).length > MAX_FIELDS) {
    throw new HttpError(400, 'INVALID', `The form has more than ${MAX_FIELDS.toLocaleString('en')} fields.`);
  }
  refuseBrokenBytes(body);
  const fields = Map.groupBy(new URLSearchParams(body), ([name]) => findName(name) ?? name);
  return [...fields].map(([name, given]) => {
    const texts = given.map(([, text]) => text);
    const kind = parameters.get(name);
    // A name that the page has not keeps its texts, empty ones too, so that it is refused and not passed over.
    return [name, kind ? kind.fromForm(texts) : texts];
  });
}

/** Two broken texts would be read as one and the same; a % that stands for itself is nothing broken. */
function refuseBrokenBytes(body: string): void {
  try {
    for (const [bytes] of body.matchAll(/(?:%[\da-f]{2})+/gi)) decodeURIComponent(bytes);
  } catch {
    throw new HttpError(400, 'INVALID', 'The body is not UTF-8.');
  }
}
