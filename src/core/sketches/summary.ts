import { numericToNumber } from '../decode/numeric.js';
import { render, renderNumber } from '../decode/render.js';
import type { ColumnProfile, JsonValue, Quantiles, TopValue } from '../model/profile.js';
import type { ColumnSpec } from '../model/relation.js';
import { ColumnFigures, finite } from './column-figures.js';
import { numbersFor } from './column-sketch.js';
import type { ColumnState } from './column-state.js';
import type { Dictionary } from './dictionary.js';
import { exactQuantiles, topEntries, weightedMoments } from './dictionary-figures.js';
import type { Extreme } from './extremes.js';
import { sortRuns } from './sorting.js';
import type { TableState } from './table-state.js';
import { sortWeighted } from './weighted-sort.js';

const TOP_VALUES = 10;
const PROBABILITIES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;
/** Bytes by which the prefix of a cut value may fall short of the cap: a whole character does not fit there. */
const CUT_SLACK = 3;

/** Figures of a dictionary's column, for the time of one call. */
const exactFigures = new ColumnFigures();

/** What depends on whether a column is still in its dictionary. */
interface Derived {
  readonly distinct: { readonly value: number; readonly exact: boolean };
  readonly figures: ColumnFigures;
  readonly moments: { readonly mean: number; readonly stddev: number };
  readonly quantiles: readonly JsonValue[];
  readonly topValues: readonly TopValue[];
}

/** Every column's figures, in the state's order; the state is unchanged. */
export function summarise(state: TableState): ColumnProfile[] {
  return state.columns.map((column, i) => summariseColumn(state.specs[i]!, column, state.options.maxValueBytes));
}

function summariseColumn(spec: ColumnSpec, column: ColumnState, maxValueBytes: number): ColumnProfile {
  const { traits, kind, truncated } = column;
  const { distinct, figures, moments, quantiles, topValues } =
    column.dictionary === null ? fromSketch(column, maxValueBytes) : fromDictionary(column, column.dictionary);
  const { min, max } = figures.extremes;
  const finiteCount = column.values - figures.nan - figures.infinite;
  return {
    name: spec.name,
    type: spec.type,
    nullCount: column.nulls,
    distinct,
    ...(traits.order !== null && min.present && { min: extremeValue(kind, min), max: extremeValue(kind, max) }),
    ...(traits.arithmetic &&
      !(kind === 'numeric' && (isBeyondDouble(min) || isBeyondDouble(max))) && {
        ...(Number.isFinite(moments.mean) && { mean: moments.mean }),
        ...(Number.isFinite(moments.stddev) && { stddev: moments.stddev }),
      }),
    ...(traits.quantiles && finiteCount > 0 && { quantiles: named(quantiles) }),
    ...(traits.arithmetic && { zeros: figures.zeros, negatives: figures.negatives }),
    ...(figures.nan > 0 && { nan: figures.nan }),
    ...(figures.infinite > 0 && { infinite: figures.infinite }),
    ...(traits.length !== null && column.values > 0 && { length: lengthOf(column, figures) }),
    ...(traits.empty && { empty: figures.empty }),
    topValues,
    ...(truncated > 0 && { truncated }),
  };
}

function fromSketch(column: ColumnState, maxValueBytes: number): Derived {
  const { traits, kind, decoder, truncated } = column;
  const sketch = column.sketch!;
  const quantiles = traits.quantiles ? sketch.quantiles.quantiles([...PROBABILITIES]) : [];
  const cut = truncated > 0 ? maxValueBytes - CUT_SLACK : Number.POSITIVE_INFINITY;
  const exact = sketch.frequent.error === 0;
  return {
    distinct: { value: Math.min(sketch.distinct.estimate(), column.values), exact: false },
    figures: sketch.figures,
    moments: traits.arithmetic
      ? { mean: sketch.moments.mean, stddev: sketch.moments.stddev() }
      : { mean: Number.NaN, stddev: Number.NaN },
    quantiles: quantiles.map((value) => renderNumber(kind, value)),
    topValues: sketch.frequent.top(TOP_VALUES).map(({ bytes, lower }) => ({
      value: render(kind, bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length),
      count: lower,
      exact: exact && (decoder.numbers !== null || bytes.length < cut),
    })),
  };
}

function fromDictionary(column: ColumnState, entries: Dictionary): Derived {
  const { decoder, traits, kind, truncated } = column;
  const { bytes, view, offsets, lengths, counts, count } = entries;
  exactFigures.reset();
  let moments = { mean: Number.NaN, stddev: Number.NaN };
  let quantiles: readonly JsonValue[] = [];
  if (decoder.numbers === null) exactFigures.addTexts(traits, bytes, view, entries, null, counts);
  else {
    const numbers = numbersFor(count);
    decoder.numbers(view, offsets, lengths, count, numbers);
    exactFigures.addNumbers(traits, bytes, view, entries, numbers, counts);
    if (column.values === count) sortAlike(finite.count);
    else sortWeighted(finite.values, finite.weights, finite.count);
    if (traits.arithmetic) moments = weightedMoments(finite.values, finite.weights, finite.count);
    const total = column.values - exactFigures.nan - exactFigures.infinite;
    if (traits.quantiles) quantiles = exactQuantiles(kind, traits, entries, numbers, total, PROBABILITIES);
  }
  return {
    distinct: { value: count, exact: truncated === 0 },
    figures: exactFigures,
    moments,
    quantiles,
    topValues: topEntries(entries, column.values, TOP_VALUES).map((e) => ({
      value: render(kind, bytes, view, offsets[e]!, lengths[e]!),
      count: counts[e]!,
      exact: entries.sizes[e]! >= 0,
    })),
  };
}

/** Sorts `finite` where every weight is 1. */
function sortAlike(count: number): void {
  const { values } = finite;
  let ordered = 1;
  while (ordered < count && values[ordered - 1]! <= values[ordered]!) ordered++;
  if (ordered >= count) return; // keys and times often come so
  const sorted = sortRuns(values, count, 1);
  if (sorted !== values) values.set(sorted.subarray(0, count));
}

function lengthOf(column: ColumnState, figures: ColumnFigures): NonNullable<ColumnProfile['length']> {
  const unit = column.traits.length === 'characters' && column.truncated > 0 ? 'bytes' : column.traits.length!;
  const { min, max, sum } = unit === 'characters' ? figures.characters : figures.sizes;
  return { min, mean: sum / column.values, max, unit };
}

function extremeValue(kind: ColumnState['kind'], { bytes, view, length }: Extreme): JsonValue {
  return render(kind, bytes, view, 0, length);
}

/** Then its double is the largest one, and a mean that took it in is of nothing. */
function isBeyondDouble({ present, view }: Extreme): boolean {
  return present && Math.abs(numericToNumber(view, 0)) === Number.MAX_VALUE;
}

function named(values: readonly JsonValue[]): Quantiles {
  const [p01, p05, p25, p50, p75, p95, p99] = values as [
    JsonValue,
    JsonValue,
    JsonValue,
    JsonValue,
    JsonValue,
    JsonValue,
    JsonValue,
  ];
  return { p01, p05, p25, p50, p75, p95, p99 };
}
