/** Longer than this is a mistake of the receiver's, or of its clock. */
const MAX_MS = 24 * 3_600_000;

/** Milliseconds from `now` (epoch ms) that a Retry-After header asks for, RFC 9110 §10.2.3; null where it says nothing that makes sense. */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text) * 1000, MAX_MS);
  // Date.parse takes much that is no HTTP date ("1.5" is a day of 2001).
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - now), MAX_MS);
}
