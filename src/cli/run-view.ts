import type { RunObserver } from '#src/coordinator/ports.js';
import { nextStep } from '#src/core/incidents/next-step.js';
import type { Failure } from '#src/core/model/failure.js';
import type { Finding } from '#src/core/model/finding.js';
import type { Incident } from '#src/core/model/incident.js';
import type { TableProfile } from '#src/core/model/profile.js';
import { maskProfile } from '#src/core/privacy/mask.js';
import { type Io, writeJson } from './io.js';
import type { StoreLoss } from './store-loss.js';

/** The last line of `--json`, and what the summary for people is made from. */
export interface RunSummaryRecord {
  readonly type: 'summary';
  /** The run's label. */
  readonly run: string;
  readonly tables: { readonly ok: number; readonly failed: number; readonly skipped: number };
  /** Of `tables`, those that an earlier process of this run had read. */
  readonly resumed: number;
  /** Of `tables`, those whose figures wait in a spool as the store is away. */
  readonly spooled: number;
  readonly findings: number;
  /** Those of its findings that are open or acknowledged. */
  readonly incidents: number;
  /** True where a source or table could not be judged, or the run was stopped. */
  readonly incomplete: boolean;
  readonly durationMs: number;
  readonly rows: number;
  /** CopyData payload received. */
  readonly bytes: number;
  /** Most connections open at a time to any one source. */
  readonly connectionsMax: number;
  readonly longestTransactionMs: number;
  /** Time that reading waited for replicas and slots that were behind, summed over the sources. */
  readonly waitedMs: number;
  /** Hash of the audit trail's last event, hex; null where there is none. */
  readonly auditHead: string | null;
}

export interface SourceFailure {
  readonly source: string;
  readonly failure: Failure;
}

export interface ColumnFailure {
  /** Source, schema, table and, where it is one, column. */
  readonly path: readonly string[];
  readonly failure: Failure;
}

/** Why columns, and metrics of sentinel.yaml, of a table that was read have no figures. */
export function columnFailures({ source, schema, table, columns, metrics = [] }: TableProfile): ColumnFailure[] {
  return [
    ...columns.flatMap(({ name, failure }) => (failure ? [{ path: [source, schema, table, name], failure }] : [])),
    ...metrics.flatMap((figure) =>
      'failure' in figure ? [{ path: [source, schema, table], failure: figure.failure }] : [],
    ),
  ];
}

/** Everything a run leaves behind for its summary; filled as results arrive. */
export interface RunTally {
  /** Without columns: a run may have very many tables. */
  readonly outcomes: TableProfile[];
  readonly sourceFailures: SourceFailure[];
  /** Columns that could not be read in tables that otherwise could. */
  readonly columnFailures: ColumnFailure[];
  /** Checks that could not judge. */
  readonly checkFailures: Failure[];
  /** True where what was found is judged. */
  judged: boolean;
  /** True where a signal ended the run. */
  stopped: boolean;
  /** How the store was lost, should it be away at the end. */
  storeLoss: StoreLoss | null;
  /** True where `--resume` can go on with it. */
  readonly resumable: boolean;
  /** Judged tables that no earlier run knows. */
  firstSeen: number;
  /** Tables in `outcomes` that an earlier process of this run had read. */
  resumed: number;
  rows: number;
  bytes: number;
  longestTransactionMs: number;
  waitedMs: number;
}

/** What a run found. */
export interface Found {
  readonly findings: readonly Finding[];
  /** What they belong to, worst first. */
  readonly incidents: readonly Incident[];
}

/** How a run is shown while it goes on and when it ends. */
export interface RunView extends RunObserver {
  finding(finding: Finding): void;
  /** After all findings, worst first. */
  incident(incident: Incident): void;
  finish(summary: RunSummaryRecord, found: Found, tally: RunTally): void;
}

/** Counts what passes by and hands it on. */
export function tallying(
  view: RunView,
  { resumable }: Pick<RunTally, 'resumable'>,
): { observer: RunObserver; tally: RunTally } {
  const tally: RunTally = {
    outcomes: [],
    sourceFailures: [],
    columnFailures: [],
    checkFailures: [],
    judged: false,
    stopped: false,
    storeLoss: null,
    resumable,
    firstSeen: 0,
    resumed: 0,
    rows: 0,
    bytes: 0,
    longestTransactionMs: 0,
    waitedMs: 0,
  };
  const observer: RunObserver = {
    ...view,
    sourceFailed(source, failure) {
      tally.sourceFailures.push({ source, failure });
      view.sourceFailed(source, failure);
    },
    sourceLags(source, event) {
      if (event.type === 'waited') tally.waitedMs += event.waitedMs;
      view.sourceLags(source, event);
    },
    tableDone(result) {
      tally.outcomes.push({ ...result.profile, columns: [] });
      tally.columnFailures.push(...columnFailures(result.profile));
      tally.rows += result.cost.rows;
      tally.bytes += result.cost.bytes;
      tally.longestTransactionMs = Math.max(tally.longestTransactionMs, result.cost.longestTransactionMs);
      view.tableDone(result);
    },
  };
  return { observer, tally };
}

/** One object a line on stdout, nothing else there; `docs/json.md` has the schema. */
export function jsonView(io: Io, { unmask = false }: { readonly unmask?: boolean } = {}): RunView {
  return {
    sourceDiscovered() {},
    sourceLags() {},
    sourceFailed: (source, failure) => writeJson(io, { type: 'source', source, status: 'failed', failure }),
    sourceLost() {},
    sourceRecovered() {},
    tableDone: ({ profile }) => writeJson(io, { type: 'table', ...(unmask ? profile : maskProfile(profile)) }),
    progress() {},
    finding: (finding) => writeJson(io, { type: 'finding', ...finding }),
    incident: (incident) => writeJson(io, incidentRecord(incident)),
    finish: (summary) => writeJson(io, summary),
  };
}

/** One line of `--json`; its findings are as in their own lines. */
export function incidentRecord(incident: Incident) {
  const nextStepOrNull = nextStep(incident.findings);
  return {
    type: 'incident',
    ...incident,
    nextStep: nextStepOrNull,
    findings: incident.findings.map((each) => ({ type: 'finding', ...each })),
  };
}
