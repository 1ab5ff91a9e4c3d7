import type { Alteration } from '../load.js';
import type { DemoSource } from '../table.js';

/** What must be found: an alerted incident with a finding by one of these checks on exactly this. */
export interface Truth {
  readonly plant: string;
  readonly source: DemoSource;
  /** Null where it is the source itself. */
  readonly table: string | null;
  readonly column?: string;
  readonly checks: readonly string[];
}

/** An incident of the last day, at the place that a seed chose. */
export interface Planted {
  readonly truth: Truth;
  /** What happened, for a person. */
  readonly story: string;
  /** How the last day's load of the table differs. */
  readonly lastDay?: Alteration;
  /** The same of every day's. */
  readonly everyDay?: Alteration;
  /** SQL that runs with the last day's load, in the database of the source. */
  readonly statements?: readonly string[];
}

/** A kind of incident and the places where it may be planted. */
export interface Plant {
  readonly name: string;
  readonly candidates: readonly Candidate[];
  readonly plant: (at: Candidate) => Planted;
}

/** `schema.table` of a source, with the column and value that it is about, as the plant needs them. */
export interface Candidate {
  readonly source: DemoSource;
  readonly table: string;
  readonly column?: string;
  /** SQL condition, value or type, as the plant needs it. */
  readonly detail?: string;
}

/** The truth at a candidate. */
export function truthAt(plant: string, { source, table, column }: Candidate, checks: readonly string[]): Truth {
  return { plant, source, table, ...(column !== undefined && { column }), checks };
}
