import type { MetricFamily } from '#src/contract/metric-family.js';

/** What a metric of Prometheus is; `docs/metrics.md` is made of these, and so are the `HELP` and `TYPE` of each output. */
interface MetricDefinition {
  readonly type: MetricFamily['type'];
  readonly labels: readonly string[];
  /** One line. */
  readonly help: string;
  /** `each`: in the file of a run and from the daemon; else from one of them alone. */
  readonly from: 'each' | 'daemon';
}

const gauge = (labels: readonly string[], help: string): MetricDefinition => ({
  type: 'gauge',
  labels,
  help,
  from: 'each',
});
const counter = (labels: readonly string[], help: string): MetricDefinition => ({
  ...gauge(labels, help),
  type: 'counter',
});
const ofDaemon = (definition: MetricDefinition): MetricDefinition => ({ ...definition, from: 'daemon' });

const OF_TABLE = ['source', 'schema', 'table'];

/** Every metric that the program has. Base units; labels source, schema and table at most, never a column. */
export const METRICS = {
  sentinel_run_success: gauge([], '1 where the last run judged everything that it was asked to, else 0.'),
  sentinel_run_incomplete: gauge([], '1 where something could not be judged in the last run, else 0.'),
  sentinel_run_finished_timestamp_seconds: gauge([], 'When the last run ended, Unix time.'),
  sentinel_run_last_success_timestamp_seconds: gauge(
    [],
    'When the last complete run ended, Unix time; kept through runs that fail.',
  ),
  sentinel_run_duration_seconds: gauge([], 'Wall time of the last run.'),
  sentinel_run_rows: gauge([], 'Rows read by the last run.'),
  sentinel_run_read_bytes: gauge([], 'Bytes read from the sources by the last run.'),
  sentinel_run_connections_max: gauge([], 'Most connections open at a time to one source in the last run.'),
  sentinel_runs_total: counter(['outcome'], 'Runs by outcome: complete, incomplete, failed.'),
  sentinel_profile_rows_total: counter([], 'Rows read from the sources.'),
  sentinel_retries_total: counter(['source'], 'Operations that were tried again, by source; metadata is the store.'),
  sentinel_breaker_state: gauge(
    ['source'],
    'Circuit breaker of a source, at the end of the last run or now where one goes on: 0 closed, 1 half-open, 2 open.',
  ),
  sentinel_tables: gauge(['status'], 'Tables of the last run by outcome: ok, failed, skipped.'),
  sentinel_findings: gauge(['severity'], 'Findings of the last run by severity.'),
  sentinel_incidents_open: gauge(['severity'], 'Incidents that are open or acknowledged, by severity.'),
  sentinel_alert_deliveries: gauge(
    ['state'],
    "Alerts that are pending, held for the day's digest, delivered or failed (given up), as long as kept.",
  ),
  sentinel_table_rows: gauge(OF_TABLE, 'Rows of a table.'),
  sentinel_table_freshness_seconds: gauge(
    OF_TABLE,
    'Age of the newest row of a table when it was read, where it has an insert time.',
  ),
  sentinel_active: ofDaemon(gauge([], '1 on the active instance, else 0.')),
  sentinel_build_info: ofDaemon(gauge(['version'], 'Version of this program; always 1.')),
  sentinel_schedule_skipped_total: ofDaemon(
    counter(['schedule'], 'Times that a schedule was due while it was waiting or running.'),
  ),
  sentinel_db_pool_connections: ofDaemon(
    gauge(['source', 'state'], 'Connections of the run that goes on, by state: used, idle.'),
  ),
  sentinel_source_up: ofDaemon(
    gauge(['source'], '1 where a source lets this program in, looked at every minute, else 0; metadata is the store.'),
  ),
  sentinel_replication_slot_retained_bytes: ofDaemon(
    gauge(['source', 'slot'], 'WAL that a replication slot keeps back.'),
  ),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;

/** A metric with its samples, whose labels are those of the definition. */
export function familyOf(name: MetricName, samples: MetricFamily['samples']): MetricFamily {
  const { type, help } = METRICS[name];
  return { name, type, help, samples };
}
