import { DEFAULT_JUDGE_SETTINGS, type JudgeSettings } from '../detectors/index.js';

/** Limits of the checks. Shares are 0..1 of the rows. */
export interface CheckSettings {
  readonly rowCount: {
    /** A fall by more than this is a finding however short the history is. */
    readonly fallShare: number;
    /** A rise by more than this (1 = doubled) is a finding however short the history is. */
    readonly riseShare: number;
    /** A fall by more than this is critical. */
    readonly criticalFallShare: number;
    /** Changes by no more than this are never a finding, however steady the table is. */
    readonly minEffectShare: number;
    readonly minEffectRows: number;
    /** Tables that usually have fewer rows are not judged. */
    readonly minRows: number;
    /** How many judged points the expectation is made from. */
    readonly points: number;
  };
  readonly nulls: {
    /** Rows seen without a null, summed over the judged runs, before a first null means anything. */
    readonly minPriorRows: number;
    /** A first null in more than this share of the rows is critical. */
    readonly criticalShare: number;
    /** Values that a sparse column should have had now before their absence means anything. */
    readonly minExpectedValues: number;
    /** A rise of a null rate by more than this since the last runs is reported however short the history is … */
    readonly jumpShare: number;
    /** … in tables of at least so many rows. */
    readonly minJumpRows: number;
  };
  readonly freshness: {
    /** Judged points before staleness is judged against a learned limit. */
    readonly minPoints: number;
    /** The learned limit is this many times the largest lag of the past … */
    readonly factor: number;
    /** … and at least this much more than it, seconds. */
    readonly slackSeconds: number;
    /** Staleness is critical from this many times its limit. */
    readonly criticalFactor: number;
  };
  readonly slots: {
    /** WAL an inactive replication slot may hold back, bytes. */
    readonly retainedLimitBytes: number;
    /** Critical from more than this many times the limit. */
    readonly criticalFactor: number;
  };
  /** How the judge of series is set. */
  readonly judge: JudgeSettings;
}

export const DEFAULT_CHECK_SETTINGS: CheckSettings = {
  rowCount: {
    fallShare: 0.5,
    riseShare: 1,
    criticalFallShare: 0.8,
    minEffectShare: 0.1,
    minEffectRows: 3,
    minRows: 10,
    points: 10,
  },
  nulls: { minPriorRows: 10, criticalShare: 0.2, minExpectedValues: 5, jumpShare: 0.2, minJumpRows: 50 },
  freshness: { minPoints: 3, factor: 2, slackSeconds: 3600, criticalFactor: 2 },
  slots: { retainedLimitBytes: 64 * 1024 * 1024, criticalFactor: 10 },
  judge: DEFAULT_JUDGE_SETTINGS,
};
