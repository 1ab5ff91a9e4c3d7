/** Microseconds in a day as intervals count it: 24 hours. */
export const DAY_US = 86_400_000_000;
const TWO_32 = 4294967296;

/** A timetz as microseconds since midnight UTC; its zone field is seconds west. */
export function timetzInstant(view: DataView, start: number): number {
  return view.getInt32(start) * TWO_32 + view.getUint32(start + 4) + view.getInt32(start + 8) * 1e6;
}

/**
 * An interval (int64 microseconds, int32 days, int32 months) as Postgres compares it: months of 30 days, days of 24
 * hours, normalised to whole days and 0 ≤ microseconds < one day. Exact: the total can exceed 64 bits, each part is
 * below 2^53.
 */
export class IntervalSpan {
  days = 0;
  microseconds = 0;
  /** 1 and −1 for the infinities of Postgres 17, else 0. */
  infinite = 0;

  read(view: DataView, start: number): void {
    const high = view.getInt32(start);
    const low = view.getUint32(start + 4);
    const days = view.getInt32(start + 8);
    const months = view.getInt32(start + 12);
    this.infinite = infinity(high, low, days, months);
    // high · 2^32 is exact as a double, and so is its remainder.
    const upper = high * TWO_32;
    const rest = upper % DAY_US;
    const carried = rest + low;
    const carry = Math.floor(carried / DAY_US);
    this.days = months * 30 + days + Math.round((upper - rest) / DAY_US) + carry;
    this.microseconds = carried - carry * DAY_US;
  }
}

function infinity(high: number, low: number, days: number, months: number): number {
  if (days !== months) return 0;
  if (days === 0x7fffffff && high === 0x7fffffff && low === 0xffffffff) return 1;
  return days === -0x80000000 && high === -0x80000000 && low === 0 ? -1 : 0;
}
