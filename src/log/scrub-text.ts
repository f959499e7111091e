/**
 * Cuts from a finished log line what no line may hold, whoever wrote it: tokens, passwords and queries of URLs
 * (a signed URL is its query), e-mail addresses and phone numbers. Works on JSON: what it puts in needs no escape,
 * and what it takes out holds no quote.
 * Each pattern is bounded or cannot backtrack, because parts of a line come from callers.
 */
export function scrubText(line: string): string {
  return line
    .replace(/(?<![\w-])eyJ[\w-]{5,}(?:\.[\w-]*){1,4}/g, '[token]')
    .replace(/\b(Bearer|Basic) +[\w.~+/=-]{16,}/gi, '$1 [token]')
    .replace(/:\/\/[^\s/"@]{1,500}@/g, '://[redacted]@')
    .replace(/\?[\w.~%[\]-]+=[^\s"\\]*/g, '?[redacted]')
    .replace(/[^\s"'<>@:=,;()[\]\\]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}/gi, '[email]')
    .replace(/\+\d{7,15}(?!\d)/g, '[phone]');
}
