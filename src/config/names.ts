/** Edit distance (Levenshtein 1966): insertions, deletions and substitutions that turn one into the other. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** True where both are written with the same letters in another order. */
export function sameLetters(a: string, b: string): boolean {
  return a.length === b.length && [...a].sort().join('') === [...b].sort().join('');
}

/**
 * True where `name` is probably meant to be `known`: another case, swapped letters, or at most two edits. Two edits
 * must leave the first letter alone, or SMTP_HOST would be taken for HTTP_HOST.
 */
export function isNearMiss(name: string, known: string): boolean {
  const upper = name.toUpperCase();
  const wanted = known.toUpperCase();
  if (Math.abs(upper.length - wanted.length) > 2) return false;
  if (sameLetters(upper, wanted)) return true;
  const distance = editDistance(upper, wanted);
  return distance <= 1 || (distance === 2 && upper[0] === wanted[0]);
}

/** The known name that `name` is probably meant to be, the nearest first; undefined where none is near. */
export function suggest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    if (!isNearMiss(name, candidate)) continue;
    const distance = editDistance(name.toUpperCase(), candidate.toUpperCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}
