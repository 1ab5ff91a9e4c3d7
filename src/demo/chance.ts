/** A figure in [0, 1) that depends on the words alone: FNV-1a (Fowler, Noll & Vo), stirred as in MurmurHash3 (Appleby). */
export function chance(seed: number, ...words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const character of words.join('\0')) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** A standard normal figure of the words (Box & Muller 1958). */
export function normal(seed: number, ...words: readonly (string | number)[]): number {
  const [u, v] = [1 - chance(seed, 'u', ...words), chance(seed, 'v', ...words)];
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}

/** One of the items. */
export function choose<T>(items: readonly T[], seed: number, ...words: readonly (string | number)[]): T {
  return items[Math.floor(chance(seed, ...words) * items.length)]!;
}
