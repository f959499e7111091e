/** What a path under `/customer/` asks for. */
export type RestRoute = {
  readonly brand: string;
  /** Either form of the id, as given; null = the place where exports are started. */
  readonly id: string | null;
  /** The format named behind the last dot; null without one. */
  readonly suffix: string | null;
};

const route = /^\/customer\/([^/]+)\/export(?:\/([0-9A-Fa-f-]{32,36}))?(?:\.([A-Za-z0-9]+))?$/;

/** Reads a path as it came, still encoded. Null for one that leads nowhere. */
export function readRestPath(path: string): RestRoute | null {
  const [, segment, id, suffix] = route.exec(path) ?? [];
  const brand = segment === undefined ? null : decodeSegment(segment);
  return brand === null ? null : { brand, id: id ?? null, suffix: suffix ?? null };
}

/** One segment decoded. Null when it is badly encoded, climbs, or hides a separator or a control character. */
function decodeSegment(segment: string): string | null {
  try {
    const text = decodeURIComponent(segment);
    return /^\.{1,2}$|[/\\\p{Cc}\p{Cs}]/u.test(text) ? null : text;
  } catch {
    return null;
  }
}
