/** Characters of valid UTF-8: every byte that is not a continuation (10xxxxxx) starts one. Four bytes a step. */
export function countCharacters(view: DataView, start: number, length: number): number {
  const end = start + length;
  let continuations = 0;
  let p = start;
  for (; p + 4 <= end; p += 4) {
    const word = view.getInt32(p);
    const marks = (word >>> 7) & ~(word >>> 6) & 0x01010101;
    continuations += Math.imul(marks, 0x01010101) >>> 24;
  }
  for (; p < end; p++) if ((view.getUint8(p) & 0xc0) === 0x80) continuations++;
  return length - continuations;
}

/** Bytes of a value without its trailing blanks. */
export function withoutBlanks(bytes: Uint8Array, start: number, length: number): number {
  let kept = length;
  while (kept > 0 && bytes[start + kept - 1] === 0x20) kept--;
  return kept;
}

/** Longest length up to `limit` that cuts no character in two, for a value longer than `limit`. */
export function characterBoundary(bytes: Uint8Array, start: number, limit: number): number {
  for (let length = limit; length >= 0 && length > limit - 4; length--) {
    if ((bytes[start + length]! & 0xc0) !== 0x80) return length;
  }
  return limit; // four continuation bytes in a row: not UTF-8, any cut is as good
}

const REPLACEMENT = 0xfffd;
const CHUNK = 4096;

/** Text of a byte range; each malformed part becomes U+FFFD, as the WHATWG decoder does. */
export function decodeUtf8(bytes: Uint8Array, start: number, length: number): string {
  let text = '';
  let units: number[] = [];
  const end = start + length;
  for (let p = start; p < end; ) {
    const lead = bytes[p++]!;
    if (lead < 0x80) units.push(lead);
    else {
      const extra = continuationBytes(lead);
      let code = extra < 0 ? REPLACEMENT : lead & (0x3f >> extra);
      for (let i = 0; i < extra; i++) {
        const next = p < end ? bytes[p]! : 0;
        if ((next & 0xc0) !== 0x80 || (i === 0 && !allowedSecond(lead, next))) {
          code = REPLACEMENT;
          break;
        }
        code = (code << 6) | (next & 0x3f);
        p++;
      }
      if (code < 0x10000) units.push(code);
      else units.push(0xd7c0 + (code >> 10), 0xdc00 | (code & 0x3ff));
    }
    if (units.length >= CHUNK) {
      text += String.fromCharCode(...units);
      units = [];
    }
  }
  return text + String.fromCharCode(...units);
}

function continuationBytes(lead: number): number {
  if (lead >= 0xc2 && lead < 0xe0) return 1;
  if (lead >= 0xe0 && lead < 0xf0) return 2;
  if (lead >= 0xf0 && lead < 0xf5) return 3;
  return -1;
}

/** Overlong forms, surrogates and code points beyond U+10FFFF are told by the second byte. */
function allowedSecond(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0;
  if (lead === 0xed) return second < 0xa0;
  if (lead === 0xf0) return second >= 0x90;
  if (lead === 0xf4) return second < 0x90;
  return true;
}

/** UTF-8 of a string; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    let code = character.codePointAt(0)!;
    if (code >= 0xd800 && code < 0xe000) code = REPLACEMENT;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else {
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    }
  }
  return Uint8Array.from(bytes);
}
