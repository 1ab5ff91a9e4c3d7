import { joinDependents } from '#src/core/incidents/dependents.js';
import { groupFindings } from '#src/core/incidents/group.js';
import { advanceIncidents, type IncidentChange, type KnownIncident } from '#src/core/incidents/life-cycle.js';
import type { TableName } from '#src/core/incidents/load.js';
import type { Dependency } from '#src/core/model/dependency.js';
import type { Finding } from '#src/core/model/finding.js';

export const DAY = 86_400_000;

/** A finding about a table of `batch.sales` as `row_count` makes it, unless `changes` say otherwise. */
export function finding(table: string | null, changes: Partial<Finding> = {}): Finding {
  return {
    source: 'batch',
    schema: table === null ? null : 'sales',
    table,
    metric: 'row_count',
    check: 'row_count',
    severity: 'warn',
    value: 40,
    expected: { lower: 90, upper: 110 },
    score: 0.8,
    at: '2026-01-02T03:00:00.000Z',
    message: `sales.${table} has 40 rows; expected at least 90.`,
    ...changes,
  };
}

/** Tables of `batch.sales` by number: `t1`, `t2` … */
export function tables(count: number, from = 1): TableName[] {
  return Array.from({ length: count }, (_, i) => ({ source: 'batch', schema: 'sales', table: `t${from + i}` }));
}

/** Incidents in memory, advanced run by run as the store does it. */
export class Incidents {
  private number = 0;
  all: KnownIncident[] = [];

  constructor(private readonly dependencies: readonly Dependency[] = []) {}

  /** Judge run `run`, a day after the run before it. `judged` are all tables that it read. */
  judge(
    run: number,
    findings: readonly Finding[],
    judged: readonly TableName[],
    sources = ['batch'],
  ): IncidentChange[] {
    const ongoing = this.all.filter(({ state }) => state !== 'resolved').map(({ subject }) => subject);
    const known = this.all.filter(({ state, lastRun }) => state !== 'resolved' || lastRun >= run);
    const changes = advanceIncidents(known, {
      run,
      time: run * DAY,
      groups: joinDependents(groupFindings(findings, judged, ongoing), {
        dependencies: new Map([['batch', this.dependencies]]),
        ...{ judged, ongoing },
      }),
      tables: judged,
      sources,
    });
    for (const { before, after } of changes) {
      if (before === null) this.all.push({ ...after, id: `INC-${++this.number}` });
      else this.all = this.all.map((each) => (each === before ? { ...after, id: before.id } : each));
    }
    return changes;
  }

  /** A person changes one. */
  set(id: string, changes: Partial<KnownIncident>): void {
    this.all = this.all.map((each) => (each.id === id ? { ...each, ...changes } : each));
  }

  get states(): string[] {
    return this.all.map(({ id, state, severity }) => `${id} ${state} ${severity}`);
  }
}

/** What people are told of a run: `opened`, `INC-1 worsened` … */
export function told(changes: readonly IncidentChange[]): string[] {
  return changes.flatMap(({ before, notes }) =>
    notes.map(({ action }) => (before ? `${before.id} ${action}` : action)),
  );
}
