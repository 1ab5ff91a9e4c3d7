import type { JsonValue } from '../model/profile.js';
import { isCardNumber, isIban } from './checksums.js';

/** What makes a column personal, in words for people. */
export type PersonalKind =
  | 'e-mail'
  | 'phone'
  | 'card'
  | 'bank account'
  | 'secret'
  | 'name'
  | 'address'
  | 'identity'
  | 'birth';

/** Words of column names, alone or in a row (`first name`), and what they mean. */
const NAMES: readonly (readonly [RegExp, PersonalKind])[] = [
  [/\be ?mails?\b/, 'e-mail'],
  [/\b(phones?|phone ?(no|number)s?|telephones?|mobiles?|msisdn|fax)\b/, 'phone'],
  [/\b(card ?(no|number)s?|credit ?cards?|pan|cvv|cvc)\b/, 'card'],
  [/\b(ibans?|bic|account ?(no|number)s?|sort ?code)\b/, 'bank account'],
  [
    /\b(passwords?|passwd|pwd|secrets?|tokens?|api ?keys?|private ?keys?|credentials?|session ?ids?|cookies?|otp|pin)\b/,
    'secret',
  ],
  [
    /\b(first|last|middle|full|given|family|maiden|sur|customer|contact|person|patient|employee|user|nick) ?names?\b|\bsurnames?\b/,
    'name',
  ],
  [/\b(address(es)?|street|postal ?codes?|postcodes?|zip( ?codes?)?|ip( ?addr(ess)?)?)\b/, 'address'],
  [
    /\b(ssn|social ?security|passports?|national ?ids?|tax ?ids?|driver ?licen[cs]es?|licen[cs]e ?plates?)\b/,
    'identity',
  ],
  [/\b(birth ?(date|day)|date ?of ?birth|dob|born)\b/, 'birth'],
];

/** Whole values that are personal whatever their column is called. */
const VALUES: readonly (readonly [(text: string) => boolean, PersonalKind])[] = [
  [(text) => /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]{2,}$/.test(text), 'e-mail'],
  [isIban, 'bank account'],
  [isCardNumber, 'card'],
  [(text) => /^\+\d[\d\s().-]{6,18}\d$/.test(text) || /^\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}$/.test(text), 'phone'],
  [isSecret, 'secret'],
];

/** Less than this share of the values may be a coincidence. */
const MIN_SHARE = 0.3;

/**
 * What makes a column personal, by its name or by a good part of `values` (frequent ones, minimum, maximum); null where
 * nothing does. It errs on the side of yes: what it says is only not shown.
 */
export function looksPersonal(columnName: string, values: readonly JsonValue[]): PersonalKind | null {
  const named = personalName(columnName);
  if (named !== null) return named;
  const texts = values.map(String);
  for (const [matches, kind] of VALUES) {
    const found = texts.filter(matches).length;
    if (found > 0 && found >= MIN_SHARE * texts.length) return kind;
  }
  return null;
}

/** What a column's name says of its values; null where it is nothing personal. */
export function personalName(columnName: string): PersonalKind | null {
  const words = wordsOf(columnName);
  return NAMES.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}

/** What one value is, or has in it; null where it is nothing personal. */
export function personalValue(value: JsonValue): PersonalKind | null {
  const text = String(value);
  const parts = [text, ...text.split(/[\s,;:"'`()[\]{}<>|=/]+/).map((part) => part.replace(/\.$/, ''))];
  const found = VALUES.find(([matches]) => parts.some(matches))?.[1];
  if (found !== undefined) return found;
  if (/\+\d[\d ().-]{6,18}\d/.test(text)) return 'phone';
  return /-----BEGIN |\b(password|passwd|pwd|secret|token)\s*[=:]|:\/\/[^\s:/@]*:[^\s/@]*@/i.test(text)
    ? 'secret'
    : null;
}

/** `billingAddress`, `BILLING-ADDRESS`, `billing_address2` → `billing address`. */
function wordsOf(name: string): string {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replace(/[^\p{L}]+/gu, ' ')
    .trim();
}

/** Tokens as programs make them: a known prefix, a JSON Web Token, a private key, a hash of a password. */
function isSecret(text: string): boolean {
  return (
    /^(sk|pk|rk|ghp|gho|ghs|glpat|xox[abprs]|AKIA|ASIA|SG|npm|pypi)[-_.]?[A-Za-z0-9_.-]{16,}$/.test(text) ||
    /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(text) ||
    /^\$(2[aby]|argon2(id|i|d)|5|6|scrypt)\$/.test(text) ||
    text.startsWith('-----BEGIN ')
  );
}
