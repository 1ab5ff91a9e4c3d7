import type { Severity } from '#src/core/model/finding.js';
import type { Query } from './reader-pool.js';
import type { DatasetName } from './records.js';
import { selectMeasuredDays, selectPastFindings } from './sql/past.js';

/** Which past: runs as of `since` (epoch ms) or later, up to `run`. */
export interface PastFilter {
  readonly since: number;
  readonly run: number;
  readonly sources?: readonly string[];
}

/** What was seen and said of tables, day by day. */
export interface Past {
  readonly findings: readonly PastFinding[];
  readonly measured: readonly MeasuredTable[];
}

export interface PastFinding extends DatasetName {
  readonly check: string;
  readonly severity: Severity;
  readonly message: string;
  /** Epoch milliseconds. */
  readonly time: number;
}

/** A table with the days on which it was measured, as text until they are wanted: of thousands of tables they are a million. */
export interface MeasuredTable extends DatasetName {
  readonly days: string;
}

export interface MeasuredDay {
  /** `2026-11-23`, in UTC. */
  readonly day: string;
  readonly judged: boolean;
}

/** Ascending. */
export function measuredDays({ days }: MeasuredTable): MeasuredDay[] {
  return days.split(' ').map((each) => ({ day: each.slice(0, -1), judged: each.endsWith('+') }));
}

interface TableRow {
  readonly source: string;
  readonly schema_name: string;
  readonly table_name: string;
}

/** Findings in the order they were stored. */
export async function readPast(query: Query, s: string, { since, run, sources }: PastFilter): Promise<Past> {
  const values = [new Date(since), run, sources ?? null];
  const findings = await query<TableRow & { check_name: string; severity: Severity; message: string; time: number }>(
    selectPastFindings(s),
    values,
  );
  const measured = await query<TableRow & { days: string }>(selectMeasuredDays(s), values);
  return {
    findings: findings.map((row) => ({
      ...nameOf(row),
      check: row.check_name,
      severity: row.severity,
      message: row.message,
      time: row.time,
    })),
    measured: measured.map((row) => ({ ...nameOf(row), days: row.days })),
  };
}

function nameOf({ source, schema_name: schema, table_name: table }: TableRow): DatasetName {
  return { source, schema, table };
}
