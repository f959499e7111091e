import { asName } from '../errors/without-values.ts';

/** The name of a place in a request as the REST page has it: `['filter', 'interests', '0', 'interest']` is `interests[0].interest`. */
export function fieldName(path: readonly string[]): string {
  const [root, ...rest] = path;
  const steps = root === 'filter' && rest.length > 0 ? rest : path;
  return steps.reduce((name, step) => {
    if (/^\d+$/.test(step)) return `${name}[${step}]`;
    const shown = asName(step);
    return name === '' ? shown : `${name}.${shown}`;
  }, '');
}
