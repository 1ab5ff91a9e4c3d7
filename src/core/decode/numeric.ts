/**
 * Postgres `numeric` on the wire: uint16 digit groups, int16 weight of the first, uint16 sign word, uint16 display
 * scale, then base-10000 groups. Value: ± Σ group[i] · 10000^(weight − i).
 */

const GROUPS = 8;
const NEGATIVE = 0x4000;
const NAN = 0xc000;
const POSITIVE_INFINITY = 0xd000;
const NEGATIVE_INFINITY = 0xf000;
/** The sign words of NaN and the infinities have both top bits set. */
export const NUMERIC_SPECIAL = 0xc000;

const POWERS_OF_TEN = Float64Array.from({ length: 309 }, (_, exponent) => Number(`1e${exponent}`));

/** Throws unless the bytes are a whole numeric: `length` must be its header and all its groups. */
export function checkNumeric(view: DataView, start: number, length: number): void {
  if (length < GROUPS || view.getUint16(start) * 2 + GROUPS !== length) {
    throw new Error(`malformed numeric value: ${length} bytes do not hold its digits`);
  }
}

/**
 * The value as a double, within 2 ulp. Finite always for a finite numeric: beyond a double's range it is clamped to
 * ±Number.MAX_VALUE, and below it to ±Number.MIN_VALUE so that only zero is zero. NaN and ±Infinity are themselves.
 */
export function numericToNumber(view: DataView, start: number): number {
  const groups = view.getUint16(start);
  const sign = view.getUint16(start + 4);
  if ((sign & NUMERIC_SPECIAL) === NUMERIC_SPECIAL) return specialNumber(sign);
  let exponent = view.getInt16(start + 2);
  // Six groups hold 21 to 24 digits, more than a double can; three at a time stay exact.
  const end = start + GROUPS + 2 * Math.min(groups, 6);
  const middle = Math.min(end, start + GROUPS + 6);
  let value = 0;
  let p = start + GROUPS;
  for (; p < middle; p += 2) {
    value = value * 10000 + view.getUint16(p);
    exponent--;
  }
  if (p < end) {
    let low = 0;
    let scale = 1;
    for (; p < end; p += 2) {
      low = low * 10000 + view.getUint16(p);
      scale *= 10000;
      exponent--;
    }
    value = value * scale + low;
  }
  const power = (exponent + 1) * 4;
  if (power !== 0 && value !== 0) value = scaled(value, power);
  return sign === NEGATIVE ? -value || 0 : value;
}

function specialNumber(sign: number): number {
  if (sign === POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return sign === NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : Number.NaN;
}

function scaled(value: number, power: number): number {
  if (power >= 0) {
    const product = power > 308 ? Number.POSITIVE_INFINITY : value * POWERS_OF_TEN[power]!;
    return Math.min(product, Number.MAX_VALUE);
  }
  if (power >= -308) return value / POWERS_OF_TEN[-power]! || Number.MIN_VALUE;
  if (power < -400) return Number.MIN_VALUE;
  return value / 1e100 / POWERS_OF_TEN[-power - 100]! || Number.MIN_VALUE;
}

/** Orders two numerics by value, as Postgres does: −Infinity first, then Infinity, NaN last; exact for any size. */
export function compareNumeric(a: DataView, aStart: number, b: DataView, bStart: number): number {
  const aRank = rank(a, aStart);
  const bRank = rank(b, bStart);
  if (aRank !== bRank) return aRank - bRank;
  if (aRank !== 1 && aRank !== -1) return 0;
  return aRank * compareMagnitude(a, aStart, b, bStart);
}

/** −2 … 3: −Infinity, negative, zero, positive, Infinity, NaN. */
function rank(view: DataView, start: number): number {
  const sign = view.getUint16(start + 4);
  if (sign === NAN) return 3;
  if (sign === POSITIVE_INFINITY) return 2;
  if (sign === NEGATIVE_INFINITY) return -2;
  if (leadingZeros(view, start) === view.getUint16(start)) return 0;
  return sign === NEGATIVE ? -1 : 1;
}

function compareMagnitude(a: DataView, aStart: number, b: DataView, bStart: number): number {
  const aSkip = leadingZeros(a, aStart);
  const bSkip = leadingZeros(b, bStart);
  const weights = a.getInt16(aStart + 2) - aSkip - (b.getInt16(bStart + 2) - bSkip);
  if (weights !== 0) return weights;
  const aGroups = a.getUint16(aStart) - aSkip;
  const bGroups = b.getUint16(bStart) - bSkip;
  const aDigits = aStart + GROUPS + 2 * aSkip;
  const bDigits = bStart + GROUPS + 2 * bSkip;
  for (let i = 0; i < aGroups || i < bGroups; i++) {
    const x = i < aGroups ? a.getUint16(aDigits + 2 * i) : 0;
    const y = i < bGroups ? b.getUint16(bDigits + 2 * i) : 0;
    if (x !== y) return x - y;
  }
  return 0;
}

/** Leading groups that are zero; Postgres sends none, but equality must not depend on it. */
export function leadingZeros(view: DataView, start: number): number {
  const groups = view.getUint16(start);
  let skip = 0;
  while (skip < groups && view.getUint16(start + GROUPS + 2 * skip) === 0) skip++;
  return skip;
}

/** The exact decimal text with its display scale, as `numeric_out` writes it. */
export function numericToText(view: DataView, start: number): string {
  const sign = view.getUint16(start + 4);
  if (sign === NAN) return 'NaN';
  if (sign === POSITIVE_INFINITY) return 'Infinity';
  if (sign === NEGATIVE_INFINITY) return '-Infinity';
  const groups = view.getUint16(start);
  const weight = view.getInt16(start + 2);
  const scale = view.getUint16(start + 6) & 0x3fff;
  const parts: string[] = [];
  for (let i = 0; i <= weight; i++) parts.push(group(view, start, groups, i));
  const integer = parts.join('').replace(/^0+/, '') || '0';
  let fraction = '';
  if (scale > 0) {
    const decimals: string[] = [];
    for (let i = weight + 1, digits = 0; digits < scale; i++, digits += 4) decimals.push(group(view, start, groups, i));
    fraction = decimals.join('').slice(0, scale);
  }
  const text = scale > 0 ? `${integer}.${fraction}` : integer;
  return sign === NEGATIVE ? `-${text}` : text;
}

function group(view: DataView, start: number, groups: number, index: number): string {
  if (index < 0 || index >= groups) return '0000';
  return String(view.getUint16(start + GROUPS + 2 * index)).padStart(4, '0');
}
