/** Two independent 32-bit words for a number, from its bits (the finaliser of MurmurHash3 with two seeds). */
export function numberKey(value: number): [number, number] {
  view.setFloat64(0, value);
  const high = view.getInt32(0);
  const low = view.getInt32(4);
  return [mix(mix(high ^ 0x3c6ef372) ^ low), mix(mix(low ^ 0x1b873593) + high)];
}

/** A seeded stream of 32-bit words (xoshiro128**, Blackman & Vigna 2018), as signed integers. */
export function randomWords(seed: number): () => number {
  let a = mix(seed + 1);
  let b = mix(seed + 0x9e3779b9);
  let c = mix(seed + 0x3c6ef372);
  let d = mix(seed + 0x78dde6e4) | 1;
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result | 0;
  };
}

/** A seeded stream of numbers in [0, 1). */
export function randomFractions(seed: number): () => number {
  const next = randomWords(seed);
  return () => (next() >>> 0) / 2 ** 32;
}

const view = new DataView(new ArrayBuffer(8));

function mix(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
