import { isIP } from 'node:net';
import { EnvError } from 'envalid';
import { parseDuration } from './duration.js';
import { CRON_RULE, isCron } from './schedules.js';

/** Turns the text of a setting into its value. Throws EnvError, whose message is the fix, or empty where `allowed` says it all. */
export interface Validator<T> {
  /** What is allowed, as a noun phrase. */
  readonly allowed: string;
  readonly parse: (text: string) => T;
}

interface Range {
  readonly min: number;
  readonly max?: number;
}

/** A whole number in plain digits: no sign, exponent, blank or unit. */
export function int(range: Range): Validator<number> {
  return {
    allowed: `a whole number ${describeRange(range)}`,
    parse: (text) => {
      if (!/^\d{1,16}$/.test(text)) throw new EnvError('write digits only, without sign, unit or exponent');
      return inRange(Number(text), range);
    },
  };
}

/** A decimal number in plain digits. */
export function positiveNumber(range: Range): Validator<number> {
  return { allowed: `a number ${describeRange(range)}`, parse: (text) => inRange(parseDecimal(text), range) };
}

/** Seconds, given as a plain decimal number; the value is whole milliseconds. */
export function seconds(range: Range): Validator<number> {
  return {
    allowed: `seconds as a plain number ${describeRange(range)}`,
    parse: (text) => Math.round(inRange(parseDecimal(text), range) * 1000),
  };
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes: a whole number, or one with a decimal (`10MB` = 10,000,000) or binary (`64GiB`) unit. */
export function bytes(range: Range): Validator<number> {
  return {
    allowed: `bytes ${describeRange(range)}, as a whole number or with a unit such as 64GiB or 10MB`,
    parse: (text) => {
      const [, digits, unit] = /^(\d{1,16}) ?([a-z]{1,3})?$/i.exec(text) ?? [];
      const factor = BYTE_UNITS[(unit ?? 'b').toLowerCase()];
      if (digits === undefined || factor === undefined)
        throw new EnvError('write digits, then at most one of B, kB, MB, GB, TB, KiB, MiB, GiB, TiB');
      return inRange(Number(digits) * factor, range);
    },
  };
}

/** One of a few words, in any case. `unavailable` words are known but cannot be used in this version. */
export function oneOf<const T extends string>(
  choices: readonly T[],
  unavailable: Readonly<Record<string, string>> = {},
): Validator<T> {
  return {
    allowed: choices.length === 1 ? choices[0]! : `one of ${choices.join(', ')}`,
    parse: (text) => {
      const word = text.toLowerCase();
      const choice = choices.find((candidate) => candidate === word);
      if (choice !== undefined) return choice;
      throw new EnvError(Object.hasOwn(unavailable, word) ? unavailable[word] : '');
    },
  };
}

/** A TCP port; with `min` 0 also that number, for any free one. */
export function port({ min = 1 }: { readonly min?: 0 | 1 } = {}): Validator<number> {
  const range = { min, max: 65535 };
  return {
    allowed: `a port ${describeRange(range)}`,
    parse: (text) => {
      // Kubernetes and Docker links set `<SERVICE>_PORT=tcp://…` for a service of that name.
      if (/^(tcp|udp):\/\//.test(text))
        throw new EnvError('this was set by a service link: switch it off (enableServiceLinks: false) or set the port');
      if (!/^\d{1,5}$/.test(text)) throw new EnvError('write the number only');
      return inRange(Number(text), range);
    },
  };
}

/** A host name, an IP address, or the absolute folder of a Unix socket. */
export function hostname(): Validator<string> {
  return {
    allowed: 'a host name, an IP address, or the absolute folder of a Unix socket',
    parse: (text) => {
      if (text.startsWith('/') && !text.includes('\0')) return text;
      const bare = text.replace(/^\[(.*)\]$/, '$1');
      if (isIP(bare) !== 0) return bare;
      if (text.includes('://')) throw new EnvError('give the host alone, without scheme, user or database');
      if (/^[^:]+:\d+$/.test(text)) throw new EnvError('give the port in its own variable');
      if (
        text.length > 253 ||
        !/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(text)
      )
        throw new EnvError('');
      // Digits and dots that are no address are a mistyped one.
      if (/^[\d.]+$/.test(text)) throw new EnvError('write four numbers from 0 to 255');
      return text;
    },
  };
}

/** A host name or IP address to listen on. */
export function listenAddress(): Validator<string> {
  const { parse } = hostname();
  return {
    allowed: 'a host name or an IP address',
    parse: (text) => {
      if (text.startsWith('/'))
        throw new EnvError('the daemon listens on TCP alone: give an address such as 127.0.0.1');
      return parse(text);
    },
  };
}

/** Host names separated by commas, in lower case. */
export function hostNames(): Validator<readonly string[]> {
  const { parse } = listenAddress();
  return {
    allowed: 'host names separated by commas, without ports',
    parse: (text) => text.split(',').map((name) => parse(name.trim()).toLowerCase()),
  };
}

/** A secret that lets somebody in: not so short that it can be guessed, and what an HTTP header can carry. */
export function accessToken(): Validator<string> {
  return {
    allowed: 'a secret text of at least 12 characters, none of them blank or beyond ASCII',
    parse: (value) => {
      if (!/^[\x21-\x7e]{12,}$/.test(value)) throw new EnvError('make one, e.g. with: openssl rand -hex 32');
      return value;
    },
  };
}

/** A cron expression. */
export function cron(): Validator<string> {
  return {
    allowed: CRON_RULE,
    parse: (text) => {
      if (!isCron(text)) throw new EnvError('minute, hour, day of month, month, day of week');
      return text;
    },
  };
}

/** Any text that is not empty, e.g. the name of a database. */
export function text(allowed: string): Validator<string> {
  return {
    allowed,
    parse: (value) => {
      if (value === '') throw new EnvError('');
      if (value.includes('\0')) throw new EnvError('remove the NUL character');
      return value;
    },
  };
}

/** The path of a file or folder; a relative one is below the working directory. */
export function path(what: 'file' | 'folder'): Validator<string> {
  return text(`the path of a ${what}`);
}

/** An absolute URL with one of these schemes. */
export function url(...schemes: readonly string[]): Validator<string> {
  const allowed = `a URL starting with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return {
    allowed,
    parse: (text) => {
      const parsed = URL.canParse(text) ? new URL(text) : undefined;
      if (parsed === undefined || !schemes.includes(parsed.protocol.slice(0, -1)) || parsed.hostname === '')
        throw new EnvError('');
      return text;
    },
  };
}

/** Milliseconds of a duration such as `24h`; 0 for `off`. */
export function durationOrOff(): Validator<number> {
  return {
    allowed: 'a duration such as 90m, 24h or 7d, or off',
    parse: (text) => {
      if (text.toLowerCase() === 'off') return 0;
      const seconds = parseDuration(text);
      if (seconds === undefined) throw new EnvError('');
      return seconds * 1000;
    },
  };
}

/** One address as mail programs write it: `data@example.org` or `Sentinel <data@example.org>`. */
export function emailAddress(): Validator<string> {
  return {
    allowed: 'an address such as data@example.org or Sentinel <data@example.org>',
    parse: (text) => {
      if (!isEmailAddress(text)) throw new EnvError('');
      return text;
    },
  };
}

/** Bare addresses separated by commas, none twice. */
export function emailAddresses(): Validator<readonly string[]> {
  return {
    allowed: 'addresses such as data@example.org, separated by commas, none twice',
    parse: (text) => {
      const addresses = text.split(',').map((address) => address.trim());
      if (!addresses.every((address) => BARE_ADDRESS.test(address))) throw new EnvError('');
      if (new Set(addresses).size < addresses.length) throw new EnvError('name each address once');
      return addresses;
    },
  };
}

const BARE_ADDRESS = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/;

function isEmailAddress(text: string): boolean {
  const [, address] = /^[^\p{Cc}<>,;:"@]*<([^<>]*)>$/u.exec(text) ?? [];
  return BARE_ADDRESS.test(address ?? text);
}

/** Names separated by commas: each a lower-case word, none twice. */
export function sourceNames(): Validator<readonly string[]> {
  return {
    allowed: 'names separated by commas, each a-z, 0-9 and _, starting with a letter, none twice, not "metadata"',
    parse: (text) => {
      const names = text.split(',').map((name) => name.trim());
      for (const name of names) {
        if (name === 'metadata') throw new EnvError('choose another name: METADATA_DB_* is where history lives');
        if (!/^[a-z][a-z0-9_]{0,31}$/.test(name)) throw new EnvError('write lower-case names of at most 32 characters');
      }
      if (new Set(names).size < names.length) throw new EnvError('name each source once');
      return names;
    },
  };
}

function parseDecimal(text: string): number {
  if (!/^\d{1,12}(\.\d{1,12})?$/.test(text))
    throw new EnvError('write digits and at most one dot, without sign or unit');
  return Number(text);
}

function inRange(value: number, { min, max = Number.MAX_SAFE_INTEGER }: Range): number {
  if (value < min || value > max) throw new EnvError('');
  return value;
}

function describeRange({ min, max }: Range): string {
  return max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
}
