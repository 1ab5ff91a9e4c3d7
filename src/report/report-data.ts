import type { Severity } from '#src/core/model/finding.js';
import type { IncidentState } from '#src/core/model/incident.js';

/**
 * Everything the page shows, as plain JSON: `report` writes it into the file. Times are epoch seconds, shares 0..1, figures
 * rounded to five significant digits; what many series share is held once (`axes`).
 */
export interface ReportData {
  readonly version: 1;
  readonly madeAt: number;
  readonly run: ReportRun;
  readonly sources: readonly ReportSource[];
  /** Not resolved, worst first. */
  readonly incidents: readonly ReportIncident[];
  /** What the run found and is only shown: of no incident, worst first. */
  readonly noticed: readonly ReportFinding[];
  /** Time axes that series refer to by index, each ascending. */
  readonly axes: readonly (readonly number[])[];
  readonly heat: HeatDays;
  /** How many tables there are in each state: `tables` may hold some of them only. */
  readonly totals: Readonly<Record<ReportTable['state'], number>>;
  /** Judged tables that the run did not look at, as they were last looked at, and when that was of the oldest; absent where there are none. */
  readonly earlier?: EarlierTables;
  /** By source, schema and name. */
  readonly tables: readonly ReportTable[];
}

export interface EarlierTables {
  readonly tables: number;
  readonly oldest?: number;
}

export interface ReportRun {
  readonly label: string;
  readonly asOf: number;
  /** False where the run only profiled: then nothing is said of what it saw. */
  readonly judged: boolean;
  /** False where it was stopped or failed before its end. */
  readonly finished: boolean;
}

export interface ReportSource {
  readonly name: string;
  /** Why it could not be reached when it was last looked at; absent where it was. */
  readonly failure?: string;
}

export interface ReportIncident {
  readonly id: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  readonly title: string;
  readonly cause: string | null;
  /** What to look at first. */
  readonly nextStep?: string;
  /** What is made from its tables, the nearest first, and tables that refer to them. */
  readonly feeds?: readonly string[];
  readonly referencedBy?: readonly string[];
  readonly since: number;
  /** Worst first. */
  readonly findings: readonly ReportFinding[];
  /** Findings, and tables, that are left out here. */
  readonly omitted?: { readonly findings: number; readonly tables: number };
}

export interface ReportFinding {
  readonly severity: Severity;
  readonly check: string;
  readonly message: string;
  /** Index into `tables`; absent where it is about the source, or a table that the report leaves out. */
  readonly table?: number;
  readonly column?: string;
  readonly series?: ReportSeries;
}

export type FigureUnit = 'count' | 'share' | 'seconds' | 'bytes' | 'number';

/** A series with what was expected of each point; null where a point or its expectation is unknown. */
export interface ReportSeries {
  /** What is drawn, in words: `rows per day`, `null rate of email`. */
  readonly label: string;
  readonly unit: FigureUnit;
  /** Index into `axes`; the arrays below are as long as that axis. */
  readonly axis: number;
  readonly values: readonly (number | null)[];
  /** Absent where no point could be judged. */
  readonly band?: { readonly lower: readonly (number | null)[]; readonly upper: readonly (number | null)[] };
  /** Points outside their band: index and severity. */
  readonly marks: readonly (readonly [index: number, severity: Severity])[];
}

/** Columns of the heat map: calendar days, each as its source's time zone has it. */
export interface HeatDays {
  /** `2026-07-27`. */
  readonly first: string;
  readonly count: number;
}

/**
 * One character a day: `-` nothing known, `~` data but too little history to judge it, `0` as expected, and the worst
 * finding of the day: `1` info, `2` warn, `3` critical.
 */
export type HeatRow = string;

export interface ReportTable {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  /** `learning`: measured, but with too little history for anything but plain rules. */
  /** Who looks after it and what it is, as people have said; what is made from it, as they or the catalog say. */
  readonly owner?: string;
  readonly description?: string;
  readonly feeds?: readonly string[];
  /** Tables whose foreign keys point at it. */
  readonly referencedBy?: readonly string[];
  readonly state: 'judged' | 'learning' | 'failed' | 'skipped' | 'gone';
  /** Why it was not judged. */
  readonly reason?: string;
  /** When it was last looked at. */
  readonly seenAt?: number;
  readonly rows?: number;
  /** Newest value of the column that says when rows arrive. */
  readonly newest?: { readonly column: string; readonly at: number };
  readonly heat: HeatRow;
  /** Rows by insert time. */
  readonly volume?: ReportSeries;
  /** Rows of the whole table, run by run. */
  readonly rowCount?: ReportSeries;
  /** Age of the newest row, run by run. */
  readonly freshness?: ReportSeries;
  readonly changes: readonly { readonly at: number; readonly text: string }[];
  readonly columns: readonly ReportColumn[];
}

export interface ReportColumn {
  readonly name: string;
  readonly type: string;
  /** Why there are no figures. */
  readonly failure?: string;
  readonly nullRate?: number;
  /** Null rate by day or run, where it changes. */
  readonly nullTrend?: Trend;
  readonly distinct?: number;
  /** True where `distinct` is an estimate. */
  readonly estimated?: true;
  readonly mean?: number;
  /** Mean by day or run, where it changes. */
  readonly meanTrend?: Trend;
  readonly min?: string;
  readonly max?: string;
  /** Density from the 1st to the 99th percentile, in equal steps; a column of times has it in epoch seconds. */
  readonly shape?: Trend;
  /** Both percentiles. */
  readonly ends?: readonly [low: string, high: string];
  /** Its place in the shape, 0..1, and what it is. */
  readonly median?: { readonly at: number; readonly value?: string };
  /** Most frequent values with their share of the rows, most frequent first. */
  readonly top?: readonly (readonly [value: string, share: number])[];
  /** What the values look like: therefore none of them is here, nor their mean. */
  readonly masked?: string;
}

/** A small picture: one character a point, `0`–`9A`–`Za`–`z` from `low` to `high`, `-` where it is unknown. */
export interface Trend {
  readonly points: string;
  readonly low: number;
  readonly high: number;
}
