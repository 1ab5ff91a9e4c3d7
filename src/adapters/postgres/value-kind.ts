import type { ValueKind } from '#src/core/model/relation.js';

/** What decides how a type's values travel; domains point to their base type. */
export interface TypeRow {
  readonly oid: number;
  /** `pg_type.typtype`: b base, c composite, d domain, e enum, m multirange, p pseudo, r range. */
  readonly typtype: string;
  readonly typbasetype: number;
  /** True for a variable-length array type. */
  readonly isArray: boolean;
}

/** Built-in types by their fixed oid (`pg_type.dat`). What is absent travels as its text. */
const BUILT_IN: ReadonlyMap<number, ValueKind> = new Map<number, ValueKind>([
  [16, 'bool'],
  [17, 'bytea'],
  [19, 'text'], // name
  [20, 'int8'],
  [21, 'int2'],
  [23, 'int4'],
  [25, 'text'],
  [26, 'oid'],
  [114, 'json'],
  [700, 'float4'],
  [701, 'float8'],
  [1042, 'bpchar'],
  [1043, 'text'], // varchar
  [1082, 'date'],
  [1083, 'time'],
  [1114, 'timestamp'],
  [1184, 'timestamptz'],
  [1186, 'interval'],
  [1266, 'timetz'],
  [1700, 'numeric'],
  [2950, 'uuid'],
  [3802, 'jsonb'],
]);

/** Decoder of a type's values, after domains over domains are resolved; `other` where the type is not in `types`. */
export function valueKind(oid: number, types: ReadonlyMap<number, TypeRow>): ValueKind {
  let at = oid;
  for (;;) {
    const builtIn = BUILT_IN.get(at);
    if (builtIn !== undefined) return builtIn;
    const type = types.get(at);
    if (type === undefined) return 'other';
    if (type.typtype !== 'd') return type.typtype === 'e' ? 'enum' : type.isArray ? 'array' : 'other';
    at = type.typbasetype;
  }
}
