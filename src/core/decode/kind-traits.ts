import type { ValueKind } from '../model/relation.js';

/** Which figures a kind has; see `core/model/profile.ts` for what they mean. */
export interface KindTraits {
  /** How min and max are found; null where the kind has none. */
  readonly order: 'number' | 'int64' | 'numeric' | 'timetz' | 'interval' | 'bytes' | null;
  /** Mean, standard deviation, zeros and negatives. */
  readonly arithmetic: boolean;
  readonly quantiles: boolean;
  /** What `length` counts while no value was cut; null where the kind has no length. */
  readonly length: 'characters' | 'bytes' | 'elements' | null;
  /** Bytes of every value on the wire; null where they vary. */
  readonly width: number | null;
  /** Counts empty strings, zero-length bytea or arrays without elements. */
  readonly empty: boolean;
  /** Trailing blanks are padding: no part of the value, its length or what makes it empty, as SQL has it for `char(n)`. */
  readonly padded: boolean;
}

const BARE: KindTraits = {
  order: null,
  arithmetic: false,
  quantiles: false,
  length: null,
  width: null,
  empty: false,
  padded: false,
};
const TEMPORAL: KindTraits = { ...BARE, order: 'number', quantiles: true };
const NUMBER: KindTraits = { ...TEMPORAL, arithmetic: true };
const OPAQUE: KindTraits = { ...BARE, length: 'characters' };

const TRAITS: Readonly<Record<ValueKind, KindTraits>> = {
  int2: { ...NUMBER, width: 2 },
  int4: { ...NUMBER, width: 4 },
  int8: { ...NUMBER, order: 'int64', width: 8 },
  oid: { ...TEMPORAL, width: 4 }, // ordered, but an identifier: a mean of it says nothing
  float4: { ...NUMBER, width: 4 },
  float8: { ...NUMBER, width: 8 },
  numeric: { ...NUMBER, order: 'numeric' },
  bool: { ...BARE, width: 1 },
  text: { ...OPAQUE, order: 'bytes', empty: true },
  bpchar: { ...OPAQUE, order: 'bytes', empty: true, padded: true },
  bytea: { ...BARE, order: 'bytes', length: 'bytes', empty: true },
  date: { ...TEMPORAL, width: 4 },
  time: { ...TEMPORAL, width: 8 },
  timetz: { ...TEMPORAL, order: 'timetz', width: 12 },
  timestamp: { ...TEMPORAL, order: 'int64', width: 8 },
  timestamptz: { ...TEMPORAL, order: 'int64', width: 8 },
  interval: { ...TEMPORAL, order: 'interval', width: 16 },
  uuid: { ...BARE, order: 'bytes', width: 16 },
  json: OPAQUE,
  jsonb: OPAQUE,
  array: { ...BARE, length: 'elements', empty: true },
  enum: BARE,
  other: OPAQUE,
};

/** The figures of a kind. */
export function traitsOf(kind: ValueKind): KindTraits {
  return TRAITS[kind];
}
