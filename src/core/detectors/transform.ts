import type { SeriesKind } from '../model/series.js';
import { median, quantile } from '../statistics.js';

/** Brings the values of a series to a scale on which its noise is about the same everywhere. */
export interface Transform {
  readonly to: (value: number) => number;
  readonly from: (transformed: number) => number;
  /** Smallest standard deviation that is believed at a transformed expectation. */
  readonly floor: (expected: number) => number;
}

/** Relative noise that no count or mean is believed to be below. */
const LEAST_NOISE = 0.01;
const LEAST_MEAN_NOISE = 0.002;
const LEAST_RATE_NOISE = 0.001;
/** Share of a stream's range below which it is not judged. */
const LEAST_RANGE = 0.1;
/** A positive mean whose smallest value is this share of its median or more is seen as a magnitude. */
const MAGNITUDE_SHARE = 0.02;

/** The transform for a kind; `history` (non-empty, in the series' own unit) decides what the kind leaves open. */
export function transformFor(kind: SeriesKind, history: readonly number[]): Transform {
  switch (kind) {
    case 'distinct':
      // Values of a set come all or not at all: no Poisson noise.
      return logarithm(1, () => LEAST_NOISE);
    case 'row_count':
      // The Poisson floor: counts of independent rows vary by their root.
      return logarithm(1, (expected) => Math.max(LEAST_NOISE, 1 / Math.sqrt(Math.max(1, Math.exp(expected) - 1))));
    case 'freshness':
      return logarithm(Math.max(1e-6, 0.2 * median(history)), () => LEAST_NOISE);
    case 'rate':
    case 'null_rate':
      // Anscombe's angle: the variance of a share becomes that of its sample size alone.
      return {
        to: (value) => Math.asin(Math.sqrt(Math.min(1, Math.max(0, value)))),
        from: (angle) => Math.sin(Math.min(Math.PI / 2, Math.max(0, angle))) ** 2,
        floor: () => LEAST_RATE_NOISE,
      };
    case 'cumulative': {
      const unit = Math.max(1, 0.1 * median(history.map(Math.abs)));
      return {
        to: (value) => Math.sign(value) * Math.log1p(Math.abs(value) / unit),
        from: (signed) => Math.sign(signed) * unit * Math.expm1(Math.abs(signed)),
        floor: () => LEAST_NOISE,
      };
    }
    case 'mean':
      return magnitude(history);
    case 'stream': {
      // Of a stream nothing is known: it may rest for days at one value, so its whole range says what is much.
      const least = LEAST_RANGE * (quantile(history, 0.99) - quantile(history, 0.01));
      return {
        to: identity,
        from: identity,
        floor: (expected) => Math.max(least, LEAST_MEAN_NOISE * Math.abs(expected)),
      };
    }
  }
}

function logarithm(offset: number, floor: Transform['floor']): Transform {
  return {
    to: (value) => Math.log(Math.max(0, value) + offset),
    from: (logged) => Math.exp(logged) - offset,
    floor,
  };
}

function magnitude(history: readonly number[]): Transform {
  const centre = median(history);
  const least = history.reduce((lowest, value) => Math.min(lowest, value), Number.POSITIVE_INFINITY);
  if (least > 0 && least > MAGNITUDE_SHARE * centre) {
    const smallest = 1e-3 * centre;
    return {
      to: (value) => Math.log(Math.max(value, smallest)),
      from: Math.exp,
      floor: () => LEAST_MEAN_NOISE,
    };
  }
  return {
    to: identity,
    from: identity,
    floor: (expected) => LEAST_MEAN_NOISE * Math.abs(expected),
  };
}

function identity(value: number): number {
  return value;
}
