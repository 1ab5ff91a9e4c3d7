import type pg from 'pg';
import type { MissingPrivileges } from './privileges.js';
import { quoteIdentifier } from './quote.js';

/** The schema's tables that this role may not read and write; a schema yet to be made needs CREATE on the database. */
const MISSING = `SELECT n.oid IS NOT NULL AS made,
  has_database_privilege(current_database(), 'CREATE') AS may_make,
  coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE'), true) AS may_use,
  (SELECT count(*)::int FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
    AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
      AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))) AS tables
FROM (SELECT) AS one LEFT JOIN pg_namespace n ON n.nspname = $1`;

interface MissingRow {
  readonly made: boolean;
  readonly may_make: boolean;
  readonly may_use: boolean;
  readonly tables: number;
}

/** What `role` (the connection's own) lacks to keep the history in `schema`; call it inside a `readOnly` transaction. */
export async function readStorePrivileges(
  client: pg.Client,
  { role, database }: { readonly role: string; readonly database: string },
  schema: string,
): Promise<MissingPrivileges> {
  const { made, may_make, may_use, tables } = (await client.query<MissingRow>(MISSING, [schema])).rows[0]!;
  const to = quoteIdentifier(role);
  if (!made)
    return may_make
      ? { schemas: 0, tables: 0, grants: [] }
      : { schemas: 1, tables: 0, grants: [`GRANT CREATE ON DATABASE ${quoteIdentifier(database)} TO ${to};`] };
  const name = quoteIdentifier(schema);
  const usage = may_use ? [] : [`GRANT USAGE, CREATE ON SCHEMA ${name} TO ${to};`];
  const rows = tables === 0 ? [] : [`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${name} TO ${to};`];
  return { schemas: usage.length, tables, grants: [...usage, ...rows] };
}
