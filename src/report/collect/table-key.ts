import type { DatasetName } from '#src/adapters/store/records.js';

/** No name in Postgres holds a NUL. */
export function tableKey({ source, schema, table }: DatasetName): string {
  return `${source}\0${schema}\0${table}`;
}
