import type { ConnectionSettings, Guards } from '#src/contract/connection.js';
import type { Failure } from '#src/core/model/failure.js';
import type { SlotState } from '#src/core/model/history.js';
import type { Lag } from '#src/core/planning/lag.js';
import type { PoolUse, ProcessState } from '../process-state.js';
import type { BreakerFacts } from './circuit-breaker.js';
import { toFailure } from './failure.js';
import { readInventory } from './inventory.js';
import { detectPoolerMode, type PoolerMode } from './pooler.js';
import { type MissingPrivileges, readMissingPrivileges } from './privileges.js';
import { quoteIdentifier } from './quote.js';
import { readLag } from './replication-lag.js';
import { connectionsLeft, readServerFacts, type ServerFacts } from './server-facts.js';
import { SourceClient } from './source-client.js';
import { readStandbyState, type StandbyState } from './standby.js';
import { readStorePrivileges } from './store-privileges.js';
import { readOnly } from './transaction.js';

/** Longest time one check takes, whatever the source does: with the start of the program a `health` stays below two seconds. */
export const HEALTH_LIMIT_MS = 1_500;

/** `ok`: everything asked works; `degraded`: it answers, and something is in the way of a run; `down`: no login. */
export type HealthStatus = 'ok' | 'degraded' | 'down';

/** The circuit breaker of a running process, and whose it is. */
export type BreakerHealth = BreakerFacts & { readonly pid: number; readonly command: string };

/** One source at one moment. What could not be found out is null; `failure` says why. Plain data, no secrets. */
export interface SourceHealth {
  readonly source: string;
  readonly status: HealthStatus;
  /** A Postgres server answered, if only to refuse. */
  readonly reachable: boolean;
  readonly authenticated: boolean;
  /** One round trip on the open connection, milliseconds. */
  readonly latencyMs: number | null;
  /** Whether the connection to the server, or to the pooler before it, is encrypted. */
  readonly tls: boolean | null;
  readonly version: string | null;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** True for a standby. */
  readonly inRecovery: boolean | null;
  /** How a standby follows its primary; null for a primary, and where it is not known. */
  readonly standby: StandbyState | null;
  readonly connections: { readonly used: number; readonly max: number; readonly left: number } | null;
  readonly privileges: MissingPrivileges | null;
  /** The statement that lets this role see what is hidden from it of replication; null where nothing is. */
  readonly monitoringGrant: string | null;
  readonly slots: readonly SlotState[] | null;
  /** How far replicas and the readers of active slots are behind. */
  readonly lags: readonly Lag[] | null;
  /** Of the processes that run on this machine the breaker that is worst; null where none runs. */
  readonly breaker: BreakerHealth | null;
  /** What these processes have open, all together; null where none runs. */
  readonly pool: (PoolUse & { readonly processes: number }) | null;
  /** Null where no pooler is seen. */
  readonly pooler: PoolerMode;
  /** True where a guarded READ ONLY transaction could be opened and says it is one. */
  readonly readOnlyGuards: boolean | null;
  readonly failure?: Failure;
}

type Findings = { -readonly [key in keyof SourceHealth]: SourceHealth[key] };

export interface HealthOptions {
  /** Schemas whose tables are nobody's concern, e.g. the metadata schema. */
  readonly excludeSchemas?: readonly string[];
  readonly limitMs?: number;
}

export interface CheckOptions extends HealthOptions {
  /** Set for the metadata store: it is written, so other privileges count than those to read tables. */
  readonly storeSchema?: string;
  /** What runs now. */
  readonly processes?: Promise<readonly ProcessState[]>;
}

/** Check one source through a connection of its own. Resolves within the limit and never rejects; late facts stay null. */
export async function checkSource(
  settings: ConnectionSettings,
  guards: Guards,
  options: CheckOptions = {},
): Promise<SourceHealth> {
  const limitMs = options.limitMs ?? HEALTH_LIMIT_MS;
  const findings = nothingKnown(settings);
  const limited = limitGuards(guards, limitMs);
  const clients: SourceClient[] = [];
  const open = async () => {
    const client = new SourceClient(settings, limited, 'sentinel/health/main');
    clients.push(client);
    await client.connect();
    return client;
  };
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs);
  });
  try {
    if ((await Promise.race([examine(open, limited, options, findings), limit])) === 'late')
      findings.failure = lateFailure(settings, limitMs, clients[0]?.stage === 'ready');
  } catch (error) {
    findings.failure = toFailure(error, { connection: settings });
  } finally {
    clearTimeout(timer);
    // Not awaited: a goodbye may hang where the network does.
    for (const client of clients) void client.end();
  }
  const stage = clients[0]?.stage ?? 'none';
  findings.reachable = stage !== 'none' && stage !== 'connected';
  findings.authenticated = stage === 'authenticated' || stage === 'ready';
  Object.assign(findings, useOf(settings, (await options.processes) ?? []));
  findings.status = judge(findings);
  return { ...findings };
}

async function examine(
  open: () => Promise<SourceClient>,
  guards: Guards,
  options: CheckOptions,
  findings: Findings,
): Promise<void> {
  const client = await open();
  findings.tls = 'encrypted' in client.connection.stream;
  const start = performance.now();
  await client.query('');
  findings.latencyMs = performance.now() - start;
  const facts = await readOnly(client, guards, async () => {
    const { rows } = await client.query<{ on: string }>(`SELECT current_setting('transaction_read_only') AS on`);
    findings.readOnlyGuards = rows[0]?.on === 'on';
    const read = await readServerFacts(client);
    record(findings, read);
    const excluded = options.excludeSchemas ?? [];
    const { versionNum: version, inRecovery, encoding, user: role, database } = read;
    const { storeSchema } = options;
    findings.privileges =
      storeSchema === undefined
        ? await readMissingPrivileges(client, role, excluded)
        : await readStorePrivileges(client, { role, database }, storeSchema);
    if (storeSchema !== undefined && inRecovery) findings.failure = readOnlyStore(findings);
    const catalog = { version, inRecovery, utf8: encoding === 'UTF8', role };
    findings.slots = (await readInventory(client, catalog, excluded)).slots;
    if (inRecovery) findings.standby = await readStandbyState(client);
    const { lags, unseen } = await readLag(client, inRecovery);
    findings.lags = lags.filter(({ kind }) => kind !== 'standby');
    if (unseen) findings.monitoringGrant = `GRANT pg_monitor TO ${quoteIdentifier(role)};`;
    return read;
  });
  if (facts.pooled) findings.pooler = await detectPoolerMode(client, await open());
}

function record(findings: Findings, facts: ServerFacts): void {
  findings.version = facts.version;
  findings.inRecovery = facts.inRecovery;
  findings.connections = { used: facts.usedConnections, max: facts.maxConnections, left: connectionsLeft(facts) };
}

function judge(findings: SourceHealth): HealthStatus {
  const { authenticated, latencyMs, failure, readOnlyGuards, privileges, connections, breaker } = findings;
  if (!authenticated || latencyMs === null) return 'down';
  if (failure || readOnlyGuards === false || (privileges && privileges.grants.length > 0)) return 'degraded';
  if (breaker && breaker.state !== 'closed') return 'degraded';
  return connections?.left === 0 ? 'degraded' : 'ok';
}

const BREAKER_SEVERITY: readonly BreakerFacts['state'][] = ['closed', 'half-open', 'open'];

/** What running processes do with this database. */
function useOf(
  { name, host, port, database }: ConnectionSettings,
  processes: readonly ProcessState[],
): Pick<SourceHealth, 'breaker' | 'pool'> {
  const uses = processes.flatMap(({ pid, command, sources }) =>
    sources
      .filter((use) => use.source === name && use.host === host && use.port === port && use.database === database)
      .map((use) => ({ ...use, pid, command })),
  );
  if (uses.length === 0) return { breaker: null, pool: null };
  const sum = (of: (pool: PoolUse) => number) => uses.reduce((total, { pool }) => total + of(pool), 0);
  const severity = ({ breaker }: (typeof uses)[number]) => BREAKER_SEVERITY.indexOf(breaker.state);
  const worst = uses.reduce((a, b) => (severity(b) > severity(a) ? b : a));
  return {
    breaker: { ...worst.breaker, pid: worst.pid, command: worst.command },
    pool: {
      open: sum((pool) => pool.open),
      idle: sum((pool) => pool.idle),
      waiting: sum((pool) => pool.waiting),
      peak: sum((pool) => pool.peak),
      ceiling: uses.some(({ pool }) => pool.ceiling === null) ? null : sum((pool) => pool.ceiling ?? 0),
      processes: uses.length,
    },
  };
}

function readOnlyStore({ host, port, source }: SourceHealth): Failure {
  const message = `${host}:${port} is a standby, where nothing can be stored; set METADATA_DB_HOST and METADATA_DB_PORT to its primary`;
  return { code: 'store_read_only', message, retryable: false, source };
}

function nothingKnown(settings: ConnectionSettings): Findings {
  return {
    source: settings.name,
    status: 'down',
    reachable: false,
    authenticated: false,
    latencyMs: null,
    tls: null,
    version: null,
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    inRecovery: null,
    standby: null,
    connections: null,
    privileges: null,
    monitoringGrant: null,
    slots: null,
    lags: null,
    breaker: null,
    pool: null,
    pooler: null,
    readOnlyGuards: null,
  };
}

/** No part of a check may take longer than the whole. */
function limitGuards(guards: Guards, limitMs: number): Guards {
  const within = (ms: number) => (ms === 0 ? limitMs : Math.min(ms, limitMs));
  return {
    connectTimeoutMs: within(guards.connectTimeoutMs),
    statementTimeoutMs: within(guards.statementTimeoutMs),
    lockTimeoutMs: within(guards.lockTimeoutMs),
    maxTransactionAgeMs: within(guards.maxTransactionAgeMs),
  };
}

function lateFailure(settings: ConnectionSettings, limitMs: number, connected: boolean): Failure {
  const at = `${settings.host}:${settings.port}`;
  const message = connected
    ? `${at} lets us in, but its catalog did not answer within ${limitMs / 1000} s: it is overloaded or its catalog is locked`
    : `${at} did not complete the login within ${limitMs / 1000} s; check ${settings.envPrefix}_HOST, ${settings.envPrefix}_PORT and the server's load`;
  return { code: 'health_timeout', message, retryable: true, source: settings.name };
}
