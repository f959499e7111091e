import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Kind } from './environment.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine reaches what listens there. Of names, `localhost` alone is trusted to. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost';
  return loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

export function wholeNumber(from: number, to: number): Kind<number> {
  return {
    mustBe: `a whole number from ${from} to ${to}`,
    parse: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= from && value <= to ? value : undefined;
    },
  };
}

export function oneOf<const T extends string>(choices: readonly T[]): Kind<T> {
  return {
    mustBe: `one of ${choices.join(', ')}`,
    parse: (text) => choices.find((choice) => choice === text.toLowerCase()),
  };
}

export function someOf<const T extends string>(choices: readonly T[]): Kind<ReadonlySet<T>> {
  const { parse } = oneOf(choices);
  return {
    mustBe: `one or more of ${choices.join(', ')}, separated by commas`,
    parse: (text) => {
      const items = list(text).map(parse);
      return items.every((item) => item !== undefined) ? new Set(items) : undefined;
    },
  };
}

export const onOrOff: Kind<boolean> = {
  mustBe: 'true or false',
  parse: (text) => {
    if (/^(true|on|yes|1)$/i.test(text)) return true;
    return /^(false|off|no|0)$/i.test(text) ? false : undefined;
  },
};

/** Any text but an empty one. */
export const words: Kind<string> = { mustBe: 'a text', parse: (text) => text };

export const path: Kind<string> = {
  mustBe: 'a path',
  parse: (text) => (text.includes('\0') ? undefined : text),
};

/** A name or an address to listen on; an IPv6 address also in brackets. */
export const host: Kind<string> = {
  mustBe: 'a host name or an IP address',
  parse: (text) => {
    const bare = text.replace(/^\[(.*)\]$/, '$1');
    return isIP(bare) !== 0 || /^[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d-]+)*$/i.test(text) ? bare : undefined;
  },
};

/** Without a slash at the end. */
export const publicUrl: Kind<string> = {
  mustBe: 'an http:// or https:// URL without user, query and fragment',
  parse: (text) => {
    const url = webUrl(text);
    return url && !url.search && !url.hash ? url.href.replace(/\/+$/, '') : undefined;
  },
};

/** Whoever can change the keys on their way can be anyone, so they come encrypted or from this machine. */
export const keySetUrl: Kind<URL> = {
  mustBe: 'an https:// URL without user (http:// only on loopback)',
  parse: (text) => {
    const url = webUrl(text);
    if (!url) return undefined;
    const local = isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'));
    return url.protocol === 'https:' || local ? url : undefined;
  },
};

export const origins: Kind<readonly string[]> = {
  mustBe: 'origins such as https://crm.example, separated by commas, without paths and without *',
  parse: (text) => {
    const parsed = list(text).map((item) => {
      const url = webUrl(item);
      // An origin has no path; a lone slash at its end is a habit and does no harm.
      return url && [`${url.origin}/`, url.origin].includes(url.href) ? url.origin : undefined;
    });
    return parsed.every((origin) => origin !== undefined) ? [...new Set(parsed)] : undefined;
  },
};

export const databaseUrl: Kind<string> = {
  mustBe: 'a postgresql:// URL of one server',
  parse: (text) => {
    const url = URL.parse(text);
    return url && /^postgres(ql)?:$/.test(url.protocol) && text.includes('://') ? text : undefined;
  },
};

export const token: Kind<string> = {
  mustBe: 'at least 32 characters without spaces',
  parse: (text) => (/^\S{32,}$/.test(text) ? text : undefined),
};

export const signingKeys: Kind<readonly string[]> = {
  mustBe:
    'one key of at least 32 bytes, or several separated by commas (the first signs, all of them verify)',
  parse: (text) => {
    const keys = text.split(',').map((key) => key.trim());
    return keys.every((key) => Buffer.byteLength(key) >= 32) ? keys : undefined;
  },
};

export function webUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : undefined;
}

function list(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}
