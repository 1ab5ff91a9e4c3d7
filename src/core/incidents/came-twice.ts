import type { RowGroup } from './row-groups.js';

/** Rows that came twice are about this many times those expected … */
const TWICE = { lower: 1.9, upper: 2.1 };
/** … and so is each group of at least so many rows, to within a share of its own … */
const MIN_EXPECTED_ROWS = 30;
const TOLERANCE = 0.15;
/** … or to within what chance does to small counts, in standard deviations. */
const CHANCE_DEVIATIONS = 2.5;
/** One group alone is the whole table over again and shows nothing. */
const TELLING_GROUPS = 2;

/** True where the rows of a bucket and those of all groups, by column, are about twice what was expected. */
export function cameTwice(
  columns: readonly (readonly RowGroup[])[],
  index: number,
  rows: number,
  expected: number,
): boolean {
  const ratio = rows / expected;
  if (!(ratio >= TWICE.lower && ratio <= TWICE.upper)) return false;
  const large = columns.map((groups) => groups.filter(({ usual }) => usual * expected >= MIN_EXPECTED_ROWS));
  return (
    large.some((groups) => groups.length >= TELLING_GROUPS) &&
    large.flat().every(({ counts, usual }) => isAboutTwice(counts[index]!, usual * expected))
  );
}

function isAboutTwice(count: number, expected: number): boolean {
  const tolerance = Math.max(TOLERANCE, CHANCE_DEVIATIONS / Math.sqrt(expected));
  return Math.abs(count / (2 * expected) - 1) <= tolerance;
}
