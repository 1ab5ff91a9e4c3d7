/** Does the schema exist, and may this role work in it? `$1` is its name, unquoted. (to_regclass would need the right to look.) */
export const schemaFacts = `
SELECT n.oid IS NOT NULL AS exists,
  coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS usable,
  EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'migration') AS migrated,
  current_database() AS database, current_user AS role, getdatabaseencoding() AS encoding
FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $1`;

/** A `migration` table that is ours has these columns; another program's table of that name has not. */
export const createMigrationTable = (s: string) => `
CREATE TABLE IF NOT EXISTS ${s}.migration (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)`;

export const selectVersion = (s: string) => `SELECT coalesce(max(version), 0) AS version FROM ${s}.migration`;

export const insertMigration = (s: string) => `INSERT INTO ${s}.migration (version, name) VALUES ($1, $2)`;

/** Held until the transaction ends. `$1` is the schema's name. */
export const lockMigrations = `SELECT pg_advisory_xact_lock(hashtextextended('sentinel migrate ' || $1::text, 0))`;
