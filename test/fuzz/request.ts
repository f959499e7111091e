/** One request, as it goes out. */
export type FuzzRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

export type Answer = {
  /** Of HTTP, or the code that a socket was closed with; `open`, or `timeout` for none. */
  readonly status: string;
  readonly text: string;
  /** The parts of it that say what was wrong with the request. */
  readonly refusals: string;
};

/** A request with a body. */
export const post = (
  path: string,
  type: string,
  body: string,
  more: Record<string, string> = {},
): FuzzRequest => ({
  method: 'POST',
  path,
  headers: { 'content-type': type, ...more },
  body,
});

/** What of an answer refuses something: all but data, in which callers find their own words again. */
export function refusalsIn(text: string): string {
  const found: unknown[] = [];
  for (const part of text.split('\n').map((line) => line.replace(/^data: /, ''))) {
    try {
      JSON.parse(part, (name, value) => {
        if (['errors', 'userErrors', 'responseStatus', 'reason'].includes(name)) found.push(value);
        return value;
      });
    } catch {
      if (text.startsWith('{')) continue;
      found.push(part);
    }
  }
  // An unknown code of a point of sale is named: how else would its caller find it.
  return JSON.stringify(found).replace(/This brand has no point of sale .{0,300}?\\*"\./g, '');
}
