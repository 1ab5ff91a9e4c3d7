/** How far something that follows a database is behind it: a replica of it, or it itself where it is a standby, or a slot's reader. */
export type Lag =
  | { readonly kind: 'replica' | 'standby'; readonly name: string; readonly behindMs: number }
  | { readonly kind: 'slot'; readonly name: string; readonly behindBytes: number };

export interface LagLimits {
  /** Replicas, and a source that is a standby; 0: they are not waited for. */
  readonly replicaMs: number;
  /** WAL that the reader of an active replication slot has yet to confirm; 0: slots are not waited for. */
  readonly slotBytes: number;
  /** The longest wait of one run for one source, all together; 0: nothing is waited for. */
  readonly waitMs: number;
}

/** A lag that does not shrink for so long while nothing is read has another cause: a replica that is late by design, a stuck reader. */
export const PATIENCE_MS = 30_000;

interface Seen {
  /** Least multiple of the limit since it was exceeded, and when that was. */
  least: number;
  leastAtMs: number;
  isHopeless: boolean;
}

export interface LagVerdict {
  /** The furthest beyond its limit of those that are worth waiting for; null: go on. */
  readonly worst: Lag | null;
  /** Those on which waiting proved to be lost, each told once. */
  readonly hopeless: readonly Lag[];
}

/** Decides from one look to the next whether reading should wait. */
export class LagJudge {
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly limits: LagLimits) {}

  /** `isWaiting` tells whether nothing was read since the last look: only then a lag that stays counts as hopeless. */
  judge(lags: readonly Lag[], nowMs: number, isWaiting: boolean): LagVerdict {
    const beyond = lags
      .map((lag) => ({ lag, name: `${lag.kind} ${lag.name}`, excess: this.excess(lag) }))
      .filter(({ excess }) => excess > 1)
      .sort((a, b) => b.excess - a.excess);
    const names = new Set(beyond.map(({ name }) => name));
    // Who has caught up once is waited for again.
    for (const name of this.seen.keys()) if (!names.has(name)) this.seen.delete(name);
    const hopeless: Lag[] = [];
    for (const { lag, name, excess } of beyond) {
      const seen = this.seen.get(name);
      if (!seen || excess < seen.least || (!isWaiting && !seen.isHopeless))
        this.seen.set(name, { least: excess, leastAtMs: nowMs, isHopeless: seen?.isHopeless ?? false });
      else if (!seen.isHopeless && nowMs - seen.leastAtMs >= PATIENCE_MS) {
        seen.isHopeless = true;
        hopeless.push(lag);
      }
    }
    return { worst: beyond.find(({ name }) => !this.seen.get(name)!.isHopeless)?.lag ?? null, hopeless };
  }

  /** Lag as a multiple of its limit; 0 where there is none. */
  private excess(lag: Lag): number {
    const limit = lag.kind === 'slot' ? this.limits.slotBytes : this.limits.replicaMs;
    return limit === 0 ? 0 : (lag.kind === 'slot' ? lag.behindBytes : lag.behindMs) / limit;
  }
}
