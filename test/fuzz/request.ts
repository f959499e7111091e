/** One request, as it goes out. */
export type FuzzRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
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
