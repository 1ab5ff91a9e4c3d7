import type pg from 'pg';
import { cancelKey } from './client-state.js';

/** What a server says of itself and of this role; counts are of connections. */
export interface ServerFacts {
  /** `server_version_num`, e.g. 160004. */
  readonly versionNum: number;
  /** `server_version`, e.g. `16.4`. */
  readonly version: string;
  readonly encoding: string;
  readonly inRecovery: boolean;
  readonly superuser: boolean;
  readonly user: string;
  readonly database: string;
  readonly maxConnections: number;
  /** Slots this role may not take: kept for superusers and, on server 16 and newer, for pg_use_reserved_connections. */
  readonly reservedConnections: number;
  readonly usedConnections: number;
  readonly usedByRole: number;
  readonly usedByDatabase: number;
  /** `pg_roles.rolconnlimit`; −1 for none. */
  readonly roleConnectionLimit: number;
  /** `pg_database.datconnlimit`; −1 for none. */
  readonly databaseConnectionLimit: number;
  /** Null where the role may not ask. */
  readonly systemIdentifier: string | null;
  /** TLS version in use on this connection (to the pooler, where one is between, it is not known: null). */
  readonly tls: string | null;
  /** True where another process answers than the one that logged us in: a pooler such as PgBouncer is between. */
  readonly pooled: boolean;
}

/** Counted by datid: for a role without pg_read_all_stats the kind of others' backends is hidden, their database is not. */
const FACTS = `SELECT
  current_setting('server_version_num')::int AS version_num,
  current_setting('server_version') AS version,
  pg_encoding_to_char(d.encoding) AS encoding,
  pg_is_in_recovery() AS in_recovery,
  coalesce(r.rolsuper, false) AS superuser,
  current_user::text AS "user",
  d.datname::text AS database,
  current_setting('max_connections')::int AS max_connections,
  CASE WHEN r.rolsuper THEN 0 ELSE current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true), '0')::int END AS reserved,
  a.used, a.used_by_role, a.used_by_database,
  coalesce(r.rolconnlimit, -1) AS role_limit,
  d.datconnlimit AS database_limit,
  has_function_privilege('pg_control_system()', 'EXECUTE') AS may_ask_system,
  (SELECT s.version FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid() AND s.ssl) AS tls,
  pg_backend_pid() AS pid
FROM pg_database d
LEFT JOIN pg_roles r ON r.rolname = current_user
CROSS JOIN (
  SELECT count(*)::int AS used,
    count(*) FILTER (WHERE usename = current_user)::int AS used_by_role,
    count(*) FILTER (WHERE datname = current_database())::int AS used_by_database
  FROM pg_stat_activity
  WHERE backend_type = 'client backend' OR (backend_type IS NULL AND datid IS NOT NULL)
) a
WHERE d.datname = current_database()`;

interface FactsRow {
  readonly version_num: number;
  readonly version: string;
  readonly encoding: string;
  readonly in_recovery: boolean;
  readonly superuser: boolean;
  readonly user: string;
  readonly database: string;
  readonly max_connections: number;
  readonly reserved: number;
  readonly used: number;
  readonly used_by_role: number;
  readonly used_by_database: number;
  readonly role_limit: number;
  readonly database_limit: number;
  readonly may_ask_system: boolean;
  readonly tls: string | null;
  readonly pid: number;
}

/** Read the facts on this connection; call it inside a `readOnly` transaction, so that names mean pg_catalog. */
export async function readServerFacts(client: pg.Client): Promise<ServerFacts> {
  const row = (await client.query<FactsRow>(FACTS)).rows[0]!;
  const pooled = cancelKey(client)?.processId !== row.pid;
  return {
    versionNum: row.version_num,
    version: row.version,
    encoding: row.encoding,
    inRecovery: row.in_recovery,
    superuser: row.superuser,
    user: row.user,
    database: row.database,
    maxConnections: row.max_connections,
    reservedConnections: row.reserved,
    usedConnections: row.used,
    usedByRole: row.used_by_role,
    usedByDatabase: row.used_by_database,
    roleConnectionLimit: row.role_limit,
    databaseConnectionLimit: row.database_limit,
    systemIdentifier: row.may_ask_system ? await systemIdentifier(client) : null,
    tls: pooled ? null : row.tls,
    pooled,
  };
}

/** Connections this role may still open to this database: the smallest of what server, role and database leave. */
export function connectionsLeft(facts: ServerFacts): number {
  const left = [facts.maxConnections - facts.reservedConnections - facts.usedConnections];
  // Limits of roles and databases do not bind a superuser.
  if (!facts.superuser) {
    if (facts.roleConnectionLimit >= 0) left.push(facts.roleConnectionLimit - facts.usedByRole);
    if (facts.databaseConnectionLimit >= 0) left.push(facts.databaseConnectionLimit - facts.usedByDatabase);
  }
  return Math.max(0, Math.min(...left));
}

async function systemIdentifier(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()');
  return rows[0]!.id;
}
