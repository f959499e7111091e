const form =
  /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))?)?$/i;

/**
 * The instant that a date or date-time means, as UTC text: `2023-11-01T12:30:00.000Z`, with six fraction digits when
 * there are microseconds. Null when it is none: only RFC 3339 with up to six fraction digits is, the same without an
 * offset (then UTC), and a date alone (then its first or last instant), in UTC years 0001 to 9999.
 */
export function readInstant(given: string, bareDate: 'first' | 'last'): string | null {
  const parts = form.exec(given);
  if (!parts) return null;
  const [, date, clock, fraction = '', sign, hours = '0', minutes = '0'] = parts;
  const endOfDay = clock === undefined && bareDate === 'last';
  const time = clock ?? (endOfDay ? '23:59:59' : '00:00:00');
  const micros = endOfDay ? '999999' : fraction.padEnd(6, '0');

  const local = `${date}T${time}.${micros.slice(0, 3)}Z`;
  const at = new Date(local);
  // A Date takes 30 February and 24:00, as the day after: what it writes must be what it was given.
  if (Number.isNaN(at.getTime()) || at.toISOString() !== local) return null;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const utc = new Date(at.getTime() - offset * 60_000).toISOString();
  if (!/^\d{4}-/.test(utc) || utc.startsWith('0000')) return null;
  // A Date keeps milliseconds only: the microseconds go round it. No offset changes them.
  return micros.endsWith('000') ? utc : utc.replace('Z', `${micros.slice(3)}Z`);
}

/** Whether an instant is later than another, both as `readInstant` writes them. */
export function isLater(one: string, other: string): boolean {
  return one.slice(0, -1) > other.slice(0, -1);
}
