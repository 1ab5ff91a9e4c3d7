import { choose } from '../chance.js';
import { duplicateLoad, halfLoad, stopped } from './loads.js';
import type { Plant, Planted } from './plant.js';
import { dropped, retyped, slotLeftBehind } from './structure.js';
import { drift, newCategory, nullJump, unitChange, vanishedCategory } from './values.js';

export type { Planted, Truth } from './plant.js';

/** Every kind of incident that can be planted. No two of them have a table in common. */
export const plants: readonly Plant[] = [
  halfLoad,
  duplicateLoad,
  stopped,
  nullJump,
  unitChange,
  vanishedCategory,
  newCategory,
  retyped,
  dropped,
  drift,
  slotLeftBehind,
];

/** The incidents of these names, each at the place that the seed chooses. */
export function plantAll(names: readonly string[], seed: number): readonly Planted[] {
  return plants
    .filter(({ name }) => names.includes(name))
    .map((plant) => plant.plant(choose(plant.candidates, seed, 'plant', plant.name)));
}
