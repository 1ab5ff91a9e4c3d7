import { ColumnSketch } from './column-sketch.js';
import { Dictionary, type DictionaryLimits } from './dictionary.js';

/** Kept of each: enough for a wide table, some 30 MB at most. */
const KEPT = 32;
/** A dictionary that grew beyond this is not kept. */
const KEPT_ARENA_BYTES = 256 * 1024;

const dictionaries: Dictionary[] = [];
const sketches: ColumnSketch[] = [];

/** An empty dictionary, one that a released table used where there is one: allocation dominates small tables. */
export function takeDictionary(limits: DictionaryLimits): Dictionary {
  const dictionary = dictionaries.pop() ?? new Dictionary();
  dictionary.reset(limits);
  return dictionary;
}

/** An empty sketch with this seed. */
export function takeSketch(seed: number): ColumnSketch {
  const sketch = sketches.pop();
  if (sketch?.seed !== seed) return new ColumnSketch(seed);
  sketch.reset();
  return sketch;
}

/** The caller must not use the dictionary again. */
export function giveDictionary(dictionary: Dictionary): void {
  if (dictionaries.length < KEPT && dictionary.bytes.length <= KEPT_ARENA_BYTES) dictionaries.push(dictionary);
}

/** The caller must not use the sketch again. */
export function giveSketch(sketch: ColumnSketch): void {
  if (sketches.length < KEPT) sketches.push(sketch);
}
