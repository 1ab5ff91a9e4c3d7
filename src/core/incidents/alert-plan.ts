import type { RelationName } from '../model/dependency.js';
import type { Severity } from '../model/finding.js';
import { tablesOf } from './alert.js';
import type { IncidentSubject } from './subject.js';

/**
 * Who reads what a sink is given. `program`: everything, one alert at a time. `person`: storms and, where it is wished, low severities
 * in one message. `pager`: keeps incidents of its own, so that it is told of each end and reminds by itself.
 */
export type Reader = 'program' | 'person' | 'pager';

/** A sink that is configured. */
export interface PlannedSink {
  readonly name: string;
  readonly reader: Reader;
}

/** What decides where an alert goes. */
export interface AlertFacts {
  readonly severity: Severity;
  readonly source: string;
  readonly tables: readonly RelationName[];
  readonly owners: readonly string[];
}

/** To whom what is told, as it is configured. */
export interface AlertPlan {
  readonly sinks: readonly PlannedSink[];
  /** Names of the sinks that an alert goes to. */
  readonly route: (facts: AlertFacts) => ReadonlySet<string>;
  readonly ownersOf: (source: string, tables: readonly RelationName[]) => readonly string[];
  /** What is declared to be made from a table. */
  readonly feedsOf: (name: RelationName & { readonly source: string }) => readonly string[];
  readonly linksTo: (incident: string | null) => Readonly<Record<string, string>>;
  /** More alerts of one run than this come as one message. */
  readonly beyond: number;
  /** Alerts of at most this severity are gathered for a day; null: none. */
  readonly daily: Severity | null;
  /** When those are sent: minutes after midnight, UTC. */
  readonly dailyAt: number;
  /** After which an open incident is told again; null: never. */
  readonly reminderMs: number | null;
}

/** Nobody is told anything. */
export const NO_ALERTS: AlertPlan = {
  sinks: [],
  route: () => new Set(),
  ownersOf: () => [],
  feedsOf: () => [],
  linksTo: () => ({}),
  beyond: Number.POSITIVE_INFINITY,
  daily: null,
  dailyAt: 0,
  reminderMs: null,
};

/** What decides where the alerts of an incident go. */
export function factsOf(
  { subject, severity }: { readonly subject: IncidentSubject; readonly severity: Severity },
  { ownersOf }: Pick<AlertPlan, 'ownersOf'>,
): AlertFacts {
  const { source } = subject;
  const tables = tablesOf(subject);
  return { severity, source, tables, owners: ownersOf(source, tables) };
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The last time at or before `now` (epoch ms) that the clock in UTC showed `minutes` after midnight. */
export function lastTimeOfDay(now: number, minutes: number): number {
  const today = Math.floor(now / DAY_MS) * DAY_MS + minutes * MINUTE_MS;
  return today <= now ? today : today - DAY_MS;
}
