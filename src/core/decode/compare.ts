import type { KindTraits } from './kind-traits.js';
import { compareNumeric } from './numeric.js';
import { IntervalSpan, timetzInstant } from './time-values.js';

/** Orders two byte ranges as `memcmp` does (the "C" collation), a prefix before what it begins. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): number {
  const common = Math.min(aLength, bLength);
  for (let i = 0; i < common; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** Orders two finite values of a kind exactly, from their wire bytes: where their doubles are too close to tell. */
export function compareValues(
  order: NonNullable<KindTraits['order']>,
  a: DataView,
  aStart: number,
  b: DataView,
  bStart: number,
): number {
  if (order === 'int64') {
    return a.getInt32(aStart) - b.getInt32(bStart) || a.getUint32(aStart + 4) - b.getUint32(bStart + 4);
  }
  if (order === 'numeric') return compareNumeric(a, aStart, b, bStart);
  if (order === 'timetz') {
    return timetzInstant(a, aStart) - timetzInstant(b, bStart) || a.getInt32(aStart + 8) - b.getInt32(bStart + 8);
  }
  return order === 'interval' ? compareIntervals(a, aStart, b, bStart) : 0;
}

const left = new IntervalSpan();
const right = new IntervalSpan();

function compareIntervals(a: DataView, aStart: number, b: DataView, bStart: number): number {
  left.read(a, aStart);
  right.read(b, bStart);
  return left.days - right.days || left.microseconds - right.microseconds;
}
