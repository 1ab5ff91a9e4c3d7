/**
 * 64-bit hashes as two int32 lanes: no BigInt; 3 ns for a fixed-width value, 6 ns and another 1.2 ns per 4 bytes
 * for a longer one. Finalisers and constants after Appleby's MurmurHash3 (`fmix32`) and Wellons' `lowbias32`. Not for adversaries.
 */

const K1 = 0x9e3779b1 | 0;
const K2 = 0x85ebca6b | 0;
const K3 = 0xc2b2ae35 | 0;
const K4 = 0x27d4eb2f | 0;
const SEED_A = 0x3c6ef372;
const SEED_B = 0x2545f491;

/**
 * Hash of a 64-bit value given as two words, written to `h1[at]` and `h2[at]`. A bijection: different values never
 * collide.
 */
export function hashWords(low: number, high: number, h1: Int32Array, h2: Int32Array, at: number): void {
  let a = Math.imul(low ^ SEED_A, K1);
  a ^= a >>> 15;
  let b = Math.imul(high ^ a ^ SEED_B, K2);
  b ^= b >>> 13;
  b = Math.imul(b, K3);
  b ^= b >>> 16;
  a = Math.imul(a ^ b, K4);
  a ^= a >>> 15;
  a = Math.imul(a, K3);
  a ^= a >>> 16;
  b = Math.imul(b + a, K1);
  h1[at] = a;
  h2[at] = b ^ (b >>> 15);
}

/**
 * Hash of `length` bytes from `start`, written to `h1[at]` and `h2[at]`. `salt` must differ wherever the length does
 * (the last word overlaps the one before it). Returns 0 where every byte is ASCII.
 */
export function hashBytes(
  view: DataView,
  start: number,
  length: number,
  salt: number,
  h1: Int32Array,
  h2: Int32Array,
  at: number,
): number {
  let a = SEED_A ^ Math.imul(salt, K4);
  let b = SEED_B ^ salt;
  let seen = 0;
  if (length >= 4) {
    const last = start + length - 4;
    for (let p = start; p < last; p += 4) {
      const word = view.getInt32(p, true);
      seen |= word;
      let k = Math.imul(word, K1);
      k ^= k >>> 15;
      a = Math.imul(a ^ k, K2);
      a = (a << 13) | (a >>> 19);
      b = Math.imul(b + k, K3);
      b = (b << 17) | (b >>> 15);
    }
    const word = view.getInt32(last, true);
    seen |= word;
    let k = Math.imul(word, K1);
    k ^= k >>> 15;
    a = Math.imul(a ^ k, K2);
    b = Math.imul(b + k, K3);
  } else if (length > 0) {
    const word =
      view.getUint8(start) | (view.getUint8(start + (length >> 1)) << 8) | (view.getUint8(start + length - 1) << 16);
    seen = word;
    let k = Math.imul(word, K1);
    k ^= k >>> 15;
    a = Math.imul(a ^ k, K2);
    b = Math.imul(b + k, K3);
  }
  a ^= a >>> 15;
  b ^= (b >>> 14) ^ a;
  b = Math.imul(b, K4);
  b ^= b >>> 15;
  b = Math.imul(b, K3);
  b ^= b >>> 13;
  a = Math.imul(a + b, K1);
  a ^= a >>> 16;
  a = Math.imul(a, K2);
  h1[at] = a ^ (a >>> 15);
  h2[at] = b;
  return seen & 0x80808080;
}
