import { MIMEType } from 'node:util';
import { type Format, HttpError, mediaTypes } from '../respond.ts';

/** The media ranges that ask for each format, the more exact first. */
const ranges = {
  json: [['application/json'], ['application/*'], ['*/*']],
  jsonl: [['text/jsonl', 'application/jsonl', 'application/x-ndjson'], ['text/*'], ['*/*']],
} satisfies Record<Format, readonly (readonly string[])[]>;

/**
 * The format of an answer: `?format=`, else the path's suffix, else Accept, else JSON.
 * @throws {HttpError} 406 when it is asked for by a name that is none.
 */
export function chooseFormat(asked: {
  /** The value of `?format=`; null when it is not there. */
  readonly query: string | null;
  /** What follows the dot of the path's last segment; null without a dot. */
  readonly suffix: string | null;
  readonly accept: string | undefined;
}): Format {
  const named = asked.query ?? asked.suffix;
  const format = named === null ? negotiate(asked.accept) : readFormat(named);
  if (format === null) {
    throw new HttpError(
      406,
      'NOT_ACCEPTABLE',
      `Answers come as ${mediaTypes.json} (json) or ${mediaTypes.jsonl} (jsonl).`,
    );
  }
  return format;
}

function readFormat(name: string): Format | null {
  const format = name.toLowerCase();
  return format === 'json' || format === 'jsonl' ? format : null;
}

/** The best of what an Accept header lists: highest weight, then the more exact, then the first. Null = none of ours. */
function negotiate(accept: string | undefined): Format | null {
  if (accept === undefined || accept.trim() === '') return 'json';
  const listed = accept.split(',').map(readRange);
  const [best] = (['json', 'jsonl'] as const)
    .flatMap((format) => judge(format, listed))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.tier - b.tier || a.place - b.place);
  return best?.format ?? null;
}

/** What the list says of one format: its most exact range decides, whatever the others say. */
function judge(format: Format, listed: readonly { type: string; weight: number }[]) {
  for (const [tier, types] of ranges[format].entries()) {
    const place = listed.findIndex(({ type }) => types.includes(type));
    const weight = listed[place]?.weight;
    if (weight !== undefined) return [{ format, weight, tier, place }];
  }
  return [];
}

function readRange(text: string) {
  const range = parseMediaType(text);
  const weight = Number(range?.params.get('q') ?? 1);
  return { type: range?.essence ?? '', weight: weight >= 0 && weight <= 1 ? weight : 0 };
}

/** A media type with its parameters; null for what is none. Its essence is in lower case. */
export function parseMediaType(text: string): MIMEType | null {
  try {
    return new MIMEType(text.trim());
  } catch {
    return null;
  }
}
