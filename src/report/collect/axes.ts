import { seconds } from './rounding.js';

/** Time axes of the report, each held once: tables of one source share theirs. */
export class Axes {
  readonly list: (readonly number[])[] = [];
  readonly #known = new Map<string, number>();

  /** Index of the axis with these times (epoch milliseconds, ascending). */
  indexOf(times: readonly number[]): number {
    const axis = times.map(seconds);
    const key = axis.join();
    let index = this.#known.get(key);
    if (index === undefined) {
      index = this.list.push(axis) - 1;
      this.#known.set(key, index);
    }
    return index;
  }
}
