import type { ValueKind } from '../../model/relation.js';
import type { Decoder } from './decoder.js';
import { numeric } from './numeric.js';
import { interval, timetz } from './spans.js';
import { array, bpchar, bytea, text, uuid } from './texts.js';
import { bool, date, float4, int2, int4, oid } from './words32.js';
import { float8, int8, timestamp } from './words64.js';

const DECODERS: Readonly<Record<ValueKind, Decoder>> = {
  int2,
  int4,
  int8,
  oid,
  float4,
  float8,
  numeric,
  bool,
  text,
  bpchar,
  bytea,
  date,
  time: int8,
  timetz,
  timestamp,
  timestamptz: timestamp,
  interval,
  uuid,
  json: text,
  jsonb: text,
  array,
  enum: text,
  other: text,
};

/** The decoder of a kind's wire format. */
export function decoderFor(kind: ValueKind): Decoder {
  return DECODERS[kind];
}
