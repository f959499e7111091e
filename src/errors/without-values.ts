/** From here on a message of the GraphQL library repeats a value. */
const marks = [
  ', found: ',
  '; found: ',
  ', but encountered error ',
  ' got invalid value ',
  ' has invalid value ',
];
/** A name that somebody could have meant for one of ours; longer ones are no names. */
const plainName = /^\w{1,64}$/;

/**
 * A message of the GraphQL library without the values that the caller sent, which may be somebody's data. The names stay
 * by which the fault is found: those of the schema, and those that the caller wrote where a document has names. Whatever
 * the message quotes, the work is proportional to its length.
 */
export function withoutValues(message: string): string {
  const told = message.startsWith('Syntax Error: ') ? withoutTokens(message) : withoutFinding(message);
  return told.replace(/\w{65,}/g, '…');
}

/** In a text that cannot be read nobody can tell values from names. What was expected stays, and one character. */
function withoutTokens(message: string): string {
  return message
    .replace(/(Name|Int|Float|String|BlockString|Comment) ".*$/s, '$1.')
    .replace(/, did you mean "0\..*$/s, '.')
    .replace(/(escape sequence): ".*$/s, '$1.')
    .replace(/variable "\$\w*"/, 'variable');
}

function withoutFinding(message: string): string {
  const unknown = ' not to include unknown field "';
  const at = message.startsWith('Expected value of type "') ? message.indexOf(unknown) : -1;
  if (at > 0) return nameUnknown(message, at + unknown.length);
  if (message.startsWith('Value "')) {
    return `The value${message.slice(message.lastIndexOf(' does not exist in "'))}`;
  }
  const value = message.indexOf(' value: ');
  const ends = [value < 0 ? -1 : value + ' value'.length, ...marks.map((mark) => message.indexOf(mark))];
  const end = Math.min(...ends.filter((index) => index >= 0), message.length);
  return end === message.length ? message : `${message.slice(0, end)}.`;
}

/** A field of an object may be called anything: only what could be a name is repeated, with what it was mistaken for. */
function nameUnknown(message: string, from: number): string {
  const start = message.slice(0, from).replace(/ "$/, '');
  const end = message.indexOf('"', from);
  const name = message.slice(from, end);
  if (!plainName.test(name)) return `${start}.`;
  const [suggestion = ''] = /^\. Did you mean ["\w, ]{1,300}\?/.exec(message.slice(end + 1)) ?? ['.'];
  return `${start} "${name}"${suggestion}`;
}

/** A name as a message may repeat it. */
export function asName(given: string): string {
  return plainName.test(given) ? given : '…';
}
