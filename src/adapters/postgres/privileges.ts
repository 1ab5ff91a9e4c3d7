import type pg from 'pg';
import { quoteIdentifier, quoteQualified } from './quote.js';

/** What this role cannot read, and the statements that would let it. */
export interface MissingPrivileges {
  /** Schemas without USAGE. */
  readonly schemas: number;
  /** Tables, views and so on of which not one column can be read, those in such schemas included, or not without row security. */
  readonly tables: number;
  readonly grants: readonly string[];
}

/** Up to this many unreadable tables of a schema are granted one by one, more by ALL TABLES IN SCHEMA. */
const ONE_BY_ONE = 20;

/** A partition needs no grant of its own: it is read through its table. */
const UNREADABLE = `SELECT n.nspname AS schema,
  NOT has_schema_privilege(n.oid, 'USAGE') AS closed,
  count(c.oid) FILTER (WHERE NOT c.readable OR NOT has_schema_privilege(n.oid, 'USAGE'))::int AS blocked,
  count(c.oid) FILTER (WHERE NOT c.readable)::int AS unreadable,
  (array_agg(c.relname::text ORDER BY c.relname) FILTER (WHERE NOT c.readable))[1:$2::int] AS names
FROM pg_namespace n
LEFT JOIN (
  SELECT oid, relname, relnamespace, has_any_column_privilege(oid, 'SELECT') AS readable
  FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'v', 'f') AND NOT relispartition
) c ON c.relnamespace = n.oid
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> ALL ($1::text[])
GROUP BY n.oid, n.nspname
HAVING count(c.oid) FILTER (WHERE NOT c.readable OR NOT has_schema_privilege(n.oid, 'USAGE')) > 0
ORDER BY n.nspname`;

/**
 * Tables that would be read with rows missing, and so are not. A partition or child with policies of its own is read through its
 * parent, whose policies decide.
 */
const ROWS_HIDDEN = `SELECT count(*)::int AS tables
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND row_security_active(c.oid)
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> ALL ($1::text[])
  AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
  AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)`;

interface UnreadableRow {
  readonly schema: string;
  readonly closed: boolean;
  readonly blocked: number;
  readonly unreadable: number;
  readonly names: readonly string[] | null;
}

/** Read what `role` (the connection's own) lacks; call it inside a `readOnly` transaction. */
export async function readMissingPrivileges(
  client: pg.Client,
  role: string,
  excludeSchemas: readonly string[],
): Promise<MissingPrivileges> {
  const { rows } = await client.query<UnreadableRow>(UNREADABLE, [excludeSchemas, ONE_BY_ONE]);
  const hidden = (await client.query<{ tables: number }>(ROWS_HIDDEN, [excludeSchemas])).rows[0]!.tables;
  const bypass = hidden > 0 ? [`ALTER ROLE ${quoteIdentifier(role)} BYPASSRLS;`] : [];
  return {
    schemas: rows.filter((row) => row.closed).length,
    tables: rows.reduce((sum, row) => sum + row.blocked, hidden),
    grants: [...rows.flatMap((row) => grantsFor(row, quoteIdentifier(role))), ...bypass],
  };
}

function grantsFor({ schema, closed, unreadable, names }: UnreadableRow, role: string): string[] {
  const usage = closed ? [`GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${role};`] : [];
  if (unreadable === 0) return usage;
  const objects =
    unreadable > ONE_BY_ONE
      ? `ALL TABLES IN SCHEMA ${quoteIdentifier(schema)}`
      : (names ?? []).map((name) => quoteQualified(schema, name)).join(', ');
  return [...usage, `GRANT SELECT ON ${objects} TO ${role};`];
}
