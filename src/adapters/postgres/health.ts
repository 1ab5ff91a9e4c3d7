import type { ConnectionSettings, Guards } from '#src/contract/connection.js';
import type { Failure } from '#src/core/model/failure.js';
import type { SlotState } from '#src/core/model/history.js';
import { toFailure } from './failure.js';
import { readInventory } from './inventory.js';
import { detectPoolerMode, type PoolerMode } from './pooler.js';
import { type MissingPrivileges, readMissingPrivileges } from './privileges.js';
import { connectionsLeft, readServerFacts, type ServerFacts } from './server-facts.js';
import { SourceClient } from './source-client.js';
import { readStandbyState, type StandbyState } from './standby.js';
import { readOnly } from './transaction.js';

/** Longest time one check takes, whatever the source does. */
export const HEALTH_LIMIT_MS = 2_000;

/** `ok`: everything asked works; `degraded`: it answers, and something keeps tables from being read; `down`: no login. */
export type HealthStatus = 'ok' | 'degraded' | 'down';

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
  readonly slots: readonly SlotState[] | null;
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

/** Check one source through a connection of its own. Resolves within the limit and never rejects; late facts stay null. */
export async function checkSource(
  settings: ConnectionSettings,
  guards: Guards,
  options: HealthOptions = {},
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
  findings.status = judge(findings);
  return { ...findings };
}

async function examine(
  open: () => Promise<SourceClient>,
  guards: Guards,
  options: HealthOptions,
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
    findings.privileges = await readMissingPrivileges(client, read.user, excluded);
    const { versionNum: version, inRecovery, encoding, user: role } = read;
    const catalog = { version, inRecovery, utf8: encoding === 'UTF8', role };
    findings.slots = (await readInventory(client, catalog, excluded)).slots;
    if (inRecovery) findings.standby = await readStandbyState(client);
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
  if (!findings.authenticated || findings.latencyMs === null) return 'down';
  if (findings.failure || findings.readOnlyGuards === false || (findings.privileges?.tables ?? 0) > 0)
    return 'degraded';
  return findings.connections?.left === 0 ? 'degraded' : 'ok';
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
    slots: null,
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
