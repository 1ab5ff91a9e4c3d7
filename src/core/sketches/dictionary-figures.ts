import { compareBytes, compareValues } from '../decode/compare.js';
import type { KindTraits } from '../decode/kind-traits.js';
import { render, renderNumber } from '../decode/render.js';
import type { JsonValue } from '../model/profile.js';
import type { ValueKind } from '../model/relation.js';
import { finite } from './column-figures.js';
import type { Dictionary } from './dictionary.js';

const EXACT_INTEGERS = 2 ** 53;

/**
 * Mean and sample standard deviation of sorted values that came `weights` times each, in two passes with compensated
 * sums (Neumaier 1974): independent of the order the rows came in. NaN where there are too few values.
 */
export function weightedMoments(
  values: Float64Array,
  weights: Float64Array,
  count: number,
): { mean: number; stddev: number } {
  let n = 0;
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const term = values[i]! * weights[i]!;
    const next = sum + term;
    lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    sum = next;
    n += weights[i]!;
  }
  const mean = Number.isFinite(sum) ? (sum + lost) / n : runningMean(values, weights, count);
  let squares = 0;
  let deviations = 0;
  for (let i = 0; i < count; i++) {
    const deviation = values[i]! - mean;
    squares += weights[i]! * deviation * deviation;
    deviations += weights[i]! * deviation;
  }
  // The second term takes off what the rounding of the mean put in.
  return {
    mean,
    stddev: n < 2 ? Number.NaN : Math.sqrt(Math.max(0, squares - (deviations * deviations) / n) / (n - 1)),
  };
}

/** For sums beyond a double's range. */
function runningMean(values: Float64Array, weights: Float64Array, count: number): number {
  let n = 0;
  let mean = 0;
  for (let i = 0; i < count; i++) {
    n += weights[i]!;
    const share = weights[i]! / n;
    mean = mean * (1 - share) + values[i]! * share;
  }
  return mean;
}

/**
 * Quantiles of type 1 (inverse of the empirical distribution, SQL's `percentile_disc`) of the sorted values in `finite`,
 * which are those of `entries` and come `total` times in all; `numbers` are the same unsorted.
 */
export function exactQuantiles(
  kind: ValueKind,
  traits: KindTraits,
  entries: Dictionary,
  numbers: Float64Array,
  total: number,
  probabilities: readonly number[],
): JsonValue[] {
  const { values, weights, count } = finite;
  if (count === 0) return [];
  let at = 0;
  let through = weights[0]!;
  // The probabilities ascend: one walk.
  return probabilities.map((probability) => {
    const rank = Math.max(1, Math.ceil(probability * total));
    if (total === count) through = (at = rank - 1) + 1;
    else while (through < rank && at < count - 1) through += weights[++at]!;
    const value = values[at]!;
    if (isExact(traits, value)) return renderNumber(kind, value);
    let before = through;
    for (let i = at; i >= 0 && values[i] === value; i--) before -= weights[i]!;
    const exact = renderEntry(kind, traits, entries, numbers, value, rank - before);
    return kind === 'numeric' ? Number(exact) : exact;
  });
}

/**
 * Whether the double tells the value: not so beyond 2^53, nor for intervals and zoned times, whose parts it loses; that of
 * a numeric may be off by an ulp.
 */
function isExact(traits: KindTraits, value: number): boolean {
  if (traits.order === 'int64') return Math.abs(value) < EXACT_INTEGERS;
  return traits.order === 'number';
}

/** The `rank`-th (from 1) of the values whose double is `value`. */
function renderEntry(
  kind: ValueKind,
  traits: KindTraits,
  entries: Dictionary,
  numbers: Float64Array,
  value: number,
  rank: number,
): JsonValue {
  const { bytes, view, offsets, lengths, counts } = entries;
  const tied: number[] = [];
  for (let e = 0; e < entries.count; e++) if (numbers[e] === value) tied.push(e);
  tied.sort((a, b) => compareValues(traits.order!, view, offsets[a]!, view, offsets[b]!));
  let left = rank;
  let chosen = tied[0]!;
  for (const e of tied) {
    chosen = e;
    left -= counts[e]!;
    if (left <= 0) break;
  }
  return render(kind, bytes, view, offsets[chosen]!, lengths[chosen]!);
}

/**
 * Indices of the most frequent entries, at most `most`, by count and then by bytes, whatever order the rows came in. None
 * where every value came once.
 */
export function topEntries(entries: Dictionary, values: number, most: number): number[] {
  if (values === entries.count) return [];
  const { counts } = entries;
  const top: number[] = [];
  for (let e = 0; e < entries.count; e++) {
    const last = top[top.length - 1];
    if (top.length === most && counts[e]! < counts[last!]!) continue;
    let at = top.length;
    while (at > 0 && precedes(entries, e, top[at - 1]!)) at--;
    if (at === most) continue;
    top.splice(at, 0, e);
    if (top.length > most) top.pop();
  }
  return top;
}

function precedes(entries: Dictionary, a: number, b: number): boolean {
  const { bytes, counts, offsets, lengths, sizes } = entries;
  if (counts[a] !== counts[b]) return counts[a]! > counts[b]!;
  const order = compareBytes(bytes, offsets[a]!, lengths[a]!, bytes, offsets[b]!, lengths[b]!);
  return order !== 0 ? order < 0 : sizes[a]! < sizes[b]!;
}
