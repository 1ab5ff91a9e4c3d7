import type { SinkName } from '#src/contract/alert-delivery.js';
import type { CustomQuery } from '#src/contract/custom-query.js';
import { type CheckSettings, DEFAULT_CHECK_SETTINGS } from '#src/core/checks/index.js';
import { groupBy } from '#src/core/group-by.js';
import type { Severity } from '#src/core/model/finding.js';
import type { CustomMetricRule } from '#src/core/model/history.js';
import type { Schedule } from './schedules.js';
import { compileTableGlob, isPattern, splitTableName, type TableMatcher, type TableName } from './table-glob.js';

/** What sentinel.yaml says, with defaults. Plain data. */
export interface Policy {
  /** Empty: every table. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Planner's cost up to which a view is profiled; 0: no view. */
  readonly views: { readonly maxCost: number };
  readonly foreignTables: boolean;
  /** By source name; a source that is not named has the defaults. */
  readonly sources: Readonly<Record<string, SourcePolicy>>;
  readonly tables: readonly TablePolicy[];
  readonly metrics: readonly CustomMetric[];
  readonly alerts: AlertPolicy;
  readonly checks: {
    /** Names of checks that say nothing. */
    readonly disabled: readonly string[];
    /** Limits, with `slots` of sentinel.yaml. */
    readonly settings: CheckSettings;
  };
  /** Of the daemon; nothing that a run is made of. */
  readonly schedules: readonly Schedule[];
  /** Path of dbt's manifest.json, as it is written. */
  readonly dbtManifest: string | null;
}

export interface SourcePolicy {
  /** IANA name; UTC when absent. */
  readonly timeZone?: string;
}

export interface TablePolicy {
  readonly match: string;
  /** What the table is, in the words of those who make it. */
  readonly description?: string;
  /** What is made from it: tables and dashboards, the nearest first. */
  readonly feeds?: readonly string[];
  readonly insertTime?: string;
  /** Seconds. */
  readonly freshnessSeconds?: number;
  /** Who looks after it. */
  readonly owner?: string;
}

export interface AlertPolicy {
  /** Null: every sink gets every alert. */
  readonly routes: readonly AlertRoute[] | null;
  readonly digest: DigestPolicy;
}

/** Alerts that have all that is named here go to these sinks. */
export interface AlertRoute {
  /** At least this. */
  readonly severity?: Severity;
  readonly source?: string;
  readonly table?: string;
  readonly owner?: string;
  readonly sinks: readonly SinkName[];
}

export interface DigestPolicy {
  /** More alerts of one run than this come as one message. */
  readonly beyond: number;
  /** Alerts of at most this severity are gathered for a day; null: none. */
  readonly daily: Severity | null;
  /** Minutes after midnight, UTC. */
  readonly dailyAt: number;
}

/** A metric of the user's own: how it is measured, of which tables, and how it is judged. */
export interface CustomMetric extends CustomQuery, CustomMetricRule {
  readonly match: string;
}

/** Ten times what a view may cost unless sentinel.yaml says otherwise: somebody asked for exactly this query. */
export const DEFAULT_METRIC_COST = 1_000_000;

/** About a sequential scan of 0.8 GB: a view that costs more is left out unless sentinel.yaml says otherwise. */
export const DEFAULT_VIEW_COST = 100_000;

/** The policy where there is no sentinel.yaml. */
export const DEFAULT_POLICY: Policy = {
  include: [],
  exclude: [],
  views: { maxCost: DEFAULT_VIEW_COST },
  foreignTables: false,
  sources: {},
  tables: [],
  metrics: [],
  alerts: { routes: null, digest: { beyond: 10, daily: null, dailyAt: 7 * 60 } },
  checks: { disabled: [], settings: DEFAULT_CHECK_SETTINGS },
  schedules: [],
  dbtManifest: null,
};

/** The time zone of a source's days. */
export function timeZoneOf({ sources }: Pick<Policy, 'sources'>, source: string): string {
  return (Object.hasOwn(sources, source) && sources[source]!.timeZone) || 'UTC';
}

/** Whether a table is to be profiled by `include` and `exclude`. */
export function compileTableFilter({ include, exclude }: Pick<Policy, 'include' | 'exclude'>): TableMatcher {
  const included = compileAll(include);
  const excluded = compileAll(exclude);
  return (name) =>
    (included.length === 0 || included.some((matches) => matches(name))) && !excluded.some((matches) => matches(name));
}

/** Settings of single tables; for each setting the first entry that matches and names it counts. */
export function compileTablePolicies(
  policies: readonly TablePolicy[],
): (name: TableName) => Omit<TablePolicy, 'match'> {
  const compiled = policies.map(({ match, ...settings }, order) => ({
    matches: compileAll([match])[0]!,
    name: exactName(match),
    settings,
    order,
  }));
  // dbt names tables one by one, thousands of them.
  const named = groupBy(compiled, ({ name }) => name);
  return (table) =>
    [...(named.get(null) ?? []), ...(named.get(nameKey(table)) ?? [])]
      .filter(({ matches }) => matches(table))
      .sort((a, b) => a.order - b.order)
      .reduceRight((merged, { settings }) => Object.assign(merged, settings), {});
}

/** The one table that a pattern matches; null where it may be several. */
function exactName(match: string): string | null {
  const { source, schema, table } = splitTableName(match) ?? {};
  const isExact = source !== undefined && schema !== undefined && table !== undefined;
  return isExact && !isPattern(match) ? nameKey({ source, schema, table }) : null;
}

/** No name in Postgres holds a NUL. */
function nameKey({ source, schema, table }: TableName): string {
  return `${source}\0${schema}\0${table}`;
}

/** The user's own metrics of a table, in the order of sentinel.yaml. */
export function compileCustomMetrics(metrics: readonly CustomMetric[]): (name: TableName) => readonly CustomMetric[] {
  const compiled = metrics.map((metric) => ({ matches: compileAll([metric.match])[0]!, metric }));
  return (name) => compiled.filter(({ matches }) => matches(name)).map(({ metric }) => metric);
}

function compileAll(patterns: readonly string[]): TableMatcher[] {
  return patterns.map((pattern) => {
    const matcher = compileTableGlob(pattern);
    if (matcher === undefined) throw new Error(`Not a table pattern: ${pattern}`);
    return matcher;
  });
}
