const SMALL = 16;

/** Sorts `values[0 … count)` in place and carries `weights` along; finite numbers only. */
export function sortWeighted(values: Float64Array, weights: Float64Array, count: number): void {
  sortBetween(values, weights, 0, count - 1);
}

/** Quicksort with the median of three, by insertion where little is left; recurses into the smaller part only. */
function sortBetween(values: Float64Array, weights: Float64Array, from: number, to: number): void {
  let low = from;
  let high = to;
  while (high - low > SMALL) {
    const middle = (low + high) >>> 1;
    const a = values[low]!;
    const b = values[middle]!;
    const c = values[high]!;
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const value = values[i]!;
      values[i] = values[j]!;
      values[j] = value;
      const weight = weights[i]!;
      weights[i++] = weights[j]!;
      weights[j--] = weight;
    }
    if (j - low < high - i) {
      sortBetween(values, weights, low, j);
      low = i;
    } else {
      sortBetween(values, weights, i, high);
      high = j;
    }
  }
  for (let i = low + 1; i <= high; i++) {
    const value = values[i]!;
    const weight = weights[i]!;
    let at = i - 1;
    for (; at >= low && values[at]! > value; at--) {
      values[at + 1] = values[at]!;
      weights[at + 1] = weights[at]!;
    }
    values[at + 1] = value;
    weights[at + 1] = weight;
  }
}
