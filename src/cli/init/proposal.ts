import type { SourceSurvey } from '#src/adapters/postgres/survey.js';
import { isTimeZone } from '#src/core/events/time-zone.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { type CapacityProposal, type MachineFacts, proposeCapacity } from './propose-capacity.js';
import { type Exclude, proposeExcludes } from './propose-excludes.js';
import { type InsertTimeProposal, proposeInsertTimes } from './propose-insert-times.js';
import { proposeSegments, type SegmentProposal } from './propose-segments.js';

/** A source that could not be looked at, and why. */
export interface Unreached {
  readonly source: string;
  readonly message: string;
}

export interface ZoneProposal {
  readonly source: string;
  readonly zone: string;
  /** False for what sentinel.yaml cannot say, e.g. an offset. */
  readonly named: boolean;
}

/** Everything that is proposed for the sources that were looked at. */
export interface Proposal {
  readonly surveys: readonly SourceSurvey[];
  readonly unreached: readonly Unreached[];
  readonly excludes: readonly Exclude[];
  /** What is left to watch. */
  readonly kept: readonly TableSpec[];
  readonly insertTimes: readonly InsertTimeProposal[];
  /** Tables of which no column says when rows were inserted. */
  readonly timeless: number;
  readonly segments: readonly SegmentProposal[];
  /** Servers whose clock does not show UTC. */
  readonly zones: readonly ZoneProposal[];
  readonly capacity: CapacityProposal;
}

/** Proposals from facts alone: the same facts give the same ones. */
export function propose(
  surveys: readonly SourceSurvey[],
  unreached: readonly Unreached[],
  machine: MachineFacts,
): Proposal {
  const { excludes, kept } = proposeExcludes(surveys.flatMap(({ discovery }) => discovery.tables));
  const times = proposeInsertTimes(kept);
  const insertTimes = times.filter((time) => time !== null);
  return {
    surveys,
    unreached,
    excludes,
    kept,
    insertTimes,
    timeless: times.length - insertTimes.length,
    segments: proposeSegments(kept, new Map(surveys.map(({ source, categories }) => [source, categories]))),
    zones: surveys
      .filter(({ timeZone }) => !isUtc(timeZone))
      .map(({ source, timeZone: zone }) => ({ source, zone, named: isTimeZone(zone) })),
    capacity: proposeCapacity(surveys, machine),
  };
}

/** Whatever it is called: `Etc/UTC`, `GMT`, `Zulu`. */
function isUtc(zone: string): boolean {
  if (!isTimeZone(zone)) return false;
  const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions();
  return /^(?:Etc\/)?(?:UTC|GMT|UCT|Zulu|Universal|Greenwich)$/.test(timeZone);
}
