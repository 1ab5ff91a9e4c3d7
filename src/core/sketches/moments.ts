import { type ByteReader, type ByteWriter, CorruptState } from './bytes.js';

const VERSION = 1;
const SPLITTER = 2 ** 27 + 1;
/** Above this, splitting a factor as `productError` does could overflow. */
const SPLIT_LIMIT = 2 ** 960;

/**
 * Count, mean and sum of squared deviations, merged batch by batch (Chan, Golub & LeVeque 1983). The sum is kept as a
 * pair of doubles (Knuth's error-free addition), so that means cancel and large offsets subtract without loss. Inputs
 * are finite; where squares exceed the range of a double m2 is Infinity and the deviation NaN, the mean stays finite.
 */
export class Moments {
  private n = 0;
  /** Σ x as an unevaluated pair; `sumHigh` is not finite once it overflowed, and then only `center` counts. */
  private sumHigh = 0;
  private sumLow = 0;
  /** The mean as an unevaluated pair: differences of means must not be spoilt by a large common offset. */
  private center = 0;
  private centerLow = 0;
  private squares = 0;

  /** Adds the first `count` values. */
  addBatch(values: Float64Array, count: number): void {
    if (count === 0) return;
    let high = 0;
    let low = 0;
    for (let i = 0; i < count; i++) {
      const x = values[i]!;
      const sum = high + x;
      const part = sum - high;
      low += high - (sum - part) + (x - part);
      high = sum;
    }
    let mean = (high + low) / count;
    if (!Number.isFinite(mean)) {
      high = Number.POSITIVE_INFINITY;
      low = 0;
      mean = 0;
      for (let i = 0; i < count; i++) mean += values[i]! / count;
      mean = clamp(mean);
    }
    let deviations = 0;
    let even = 0;
    let odd = 0;
    const pairs = count & ~1;
    for (let i = 0; i < pairs; i += 2) {
      const a = values[i]! - mean;
      const b = values[i + 1]! - mean;
      deviations += a + b;
      even += a * a;
      odd += b * b;
    }
    if (pairs < count) {
      const a = values[pairs]! - mean;
      deviations += a;
      even += a * a;
    }
    const squares = even + odd;
    // The second term corrects for the rounding of the mean; it may only be taken off while nothing overflowed.
    const m2 = Number.isFinite(squares) ? Math.max(0, squares - (deviations / count) * deviations) : squares;
    this.combine(count, high, low, mean, meanError(count, high, low, mean), m2);
  }

  /** Adds `value` as if it came `weight` times. */
  addWeighted(value: number, weight: number): void {
    if (weight === 0) return;
    const product = value * weight;
    const finite = Number.isFinite(product);
    this.combine(
      weight,
      finite ? product : Number.POSITIVE_INFINITY,
      finite ? productError(value, weight, product) : 0,
      value,
      0,
      0,
    );
  }

  /** Takes in everything `other` has seen; `other` is unchanged. */
  merge(other: Moments): void {
    if (other.n === 0) return;
    this.combine(other.n, other.sumHigh, other.sumLow, other.center, other.centerLow, other.squares);
  }

  get count(): number {
    return this.n;
  }

  /** NaN where nothing was added. */
  get mean(): number {
    return this.n === 0 ? Number.NaN : this.center;
  }

  /** Σ (x − mean)². */
  get m2(): number {
    return this.squares;
  }

  /** Sample variance (n − 1); NaN for fewer than two values or where it exceeds the range of a double. */
  variance(): number {
    if (this.n < 2 || !Number.isFinite(this.squares)) return Number.NaN;
    return this.squares / (this.n - 1);
  }

  /** Sample standard deviation (n − 1), NaN as `variance()`. */
  stddev(): number {
    return Math.sqrt(this.variance());
  }

  encode(w: ByteWriter): void {
    w.u8(VERSION);
    w.varint(this.n);
    if (this.n === 0) return;
    w.f64(this.sumHigh);
    w.f64(this.sumLow);
    w.f64(this.center);
    w.f64(this.squares);
  }

  static decode(r: ByteReader): Moments {
    r.version('moments', VERSION);
    const moments = new Moments();
    moments.n = r.varint();
    if (moments.n === 0) return moments;
    moments.sumHigh = r.f64();
    moments.sumLow = r.f64();
    moments.center = r.f64();
    moments.squares = r.f64();
    const sumIsNumber = !Number.isNaN(moments.sumHigh) && Number.isFinite(moments.sumLow);
    if (!sumIsNumber || !Number.isFinite(moments.center) || !(moments.squares >= 0)) {
      throw new CorruptState('expected moments with a finite mean and squares of at least 0');
    }
    moments.centerLow = meanError(moments.n, moments.sumHigh, moments.sumLow, moments.center);
    return moments;
  }

  reset(): void {
    this.n = 0;
    this.sumHigh = 0;
    this.sumLow = 0;
    this.center = 0;
    this.centerLow = 0;
    this.squares = 0;
  }

  clone(): Moments {
    const copy = new Moments();
    copy.merge(this);
    return copy;
  }

  private combine(count: number, high: number, low: number, mean: number, meanLow: number, m2: number): void {
    if (this.n === 0) {
      this.n = count;
      this.sumHigh = high;
      this.sumLow = low;
      this.center = mean;
      this.centerLow = meanLow;
      this.squares = m2;
      return;
    }
    const total = this.n + count;
    const delta = mean - this.center + (meanLow - this.centerLow);
    this.squares += m2;
    if (delta !== 0) this.squares += delta * delta * ((this.n / total) * count);
    const blended = clamp(this.center * (this.n / total) + mean * (count / total));
    const sum = this.sumHigh + high;
    if (Number.isFinite(sum)) {
      const part = sum - this.sumHigh;
      const error = this.sumHigh - (sum - part) + (high - part) + this.sumLow + low;
      this.sumHigh = sum + error;
      this.sumLow = error - (this.sumHigh - sum);
      this.center = this.sumHigh / total;
      this.centerLow = meanError(total, this.sumHigh, this.sumLow, this.center);
    } else {
      this.sumHigh = Number.POSITIVE_INFINITY;
      this.sumLow = 0;
      this.center = blended;
      this.centerLow = 0;
    }
    this.n = total;
  }
}

/** A mean of finite values that rounding carried beyond the largest double. */
function clamp(mean: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, mean));
}

/** What is missing from `mean` as the quotient (high + low) / count; 0 where that cannot be told. */
function meanError(count: number, high: number, low: number, mean: number): number {
  if (!(Math.abs(high) < SPLIT_LIMIT)) return 0;
  const product = mean * count;
  return (high - product - productError(mean, count, product) + low) / count;
}

/** a·b − product, exactly (Dekker 1971); 0 where the factors are too large to be split. */
function productError(a: number, b: number, product: number): number {
  if (Math.abs(a) > SPLIT_LIMIT || Math.abs(product) > SPLIT_LIMIT) return 0;
  const aScaled = a * SPLITTER;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * SPLITTER;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
