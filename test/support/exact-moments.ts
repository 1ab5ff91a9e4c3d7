/** Mean and sample standard deviation (n − 1) in exact integer arithmetic, rounded once at the end. */
export function exactMoments(values: readonly number[]): { mean: number; stddev: number } {
  const n = BigInt(values.length);
  if (n === 0n) return { mean: Number.NaN, stddev: Number.NaN };
  let sum = 0n;
  let squares = 0n;
  for (const value of values) {
    const units = toUnits(value);
    sum += units;
    squares += units * units;
  }
  const mean = ratio(sum, n << UNIT_BITS);
  if (n === 1n) return { mean, stddev: Number.NaN };
  return { mean, stddev: Math.sqrt(ratio(n * squares - sum * sum, (n * (n - 1n)) << (2n * UNIT_BITS))) };
}

/** The smallest double is 2^−1074: in that unit every double is an integer. */
const UNIT_BITS = 1074n;

function toUnits(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -magnitude : magnitude;
}

/** The quotient to 64 significant bits. */
function ratio(numerator: bigint, denominator: bigint): number {
  const magnitude = numerator < 0n ? -numerator : numerator;
  if (magnitude === 0n) return 0;
  const shift = BigInt(64 + denominator.toString(16).length * 4 - magnitude.toString(16).length * 4);
  const quotient = shift >= 0n ? (magnitude << shift) / denominator : magnitude / (denominator << -shift);
  const scaled = scale(Number(quotient), -Number(shift));
  return numerator < 0n ? -scaled : scaled;
}

/** value · 2^power in two steps, for one factor alone may lie outside the range of a double. */
function scale(value: number, power: number): number {
  const half = Math.trunc(power / 2);
  return value * 2 ** half * 2 ** (power - half);
}
