/** xorshift32 (Marsaglia 2003): a generator whose whole state is `state`, one non-zero 32-bit word. */
export class XorShift32 {
  state: number;

  constructor(seed: number) {
    this.state = scramble(seed);
  }

  /** Back to the start of `seed`'s sequence. */
  restart(seed: number): void {
    this.state = scramble(seed);
  }

  /** 32 random bits, as a signed integer. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x;
  }

  /** Uniform in [0, limit), where `limit` is a power of two up to 2^52. */
  below(limit: number): number {
    const low = this.next() >>> 0;
    if (limit <= 2 ** 30) return low & (limit - 1);
    return ((this.next() & 0xfffff) * 2 ** 32 + low) % limit;
  }
}

/** The finaliser of MurmurHash3, so that neighbouring seeds share nothing; never 0, from which xorshift does not move. */
function scramble(seed: number): number {
  let x = seed ^ 0x9e3779b9;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16) || 1;
}
