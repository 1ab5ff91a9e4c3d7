import { fill } from '../relations.js';

/** Metadata that a change-data-capture tool adds to each row: operation, position in the log, when it happened, when it arrived. */
const METADATA = `_op char(1) NOT NULL, _lsn pg_lsn NOT NULL, _deleted bool NOT NULL, _source_ts timestamptz NOT NULL,
  _ingested_at timestamptz NOT NULL`;

const metadata = (rows: number) => `
  pg_temp.word(i, 900, '{c,c,c,u,u,u,u,r,d}'), '0/0'::pg_lsn + (16000000 + i * 120)::numeric, pg_temp.word(i, 900, '{c,c,c,u,u,u,u,r,d}') = 'd',
  pg_temp.moment(i, ${rows}), pg_temp.moment(i, ${rows}) + make_interval(secs => 0.5 + 4 * power(pg_temp.u(i, 901), 4))`;

/** A replicated table, made and filled: `columns` and the target list `values` of its own columns. */
export function replica(table: string, rows: number, columns: string, values: string): string[] {
  return [`CREATE TABLE ${table} (${columns}, ${METADATA})`, fill(table, rows, `${values}, ${metadata(rows)}`)];
}
