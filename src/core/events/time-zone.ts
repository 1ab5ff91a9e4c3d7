const DAY_MS = 86_400_000;

/** Whether it is the IANA name of a time zone; offsets such as `+02:00` are none. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Wall clocks of one time zone; a wall time is written as the epoch milliseconds that it would be in UTC. */
export class TimeZone {
  private readonly format: Intl.DateTimeFormat | null;

  /** Throws a RangeError where `name` is no IANA name. */
  constructor(readonly name: string) {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    this.format = format.resolvedOptions().timeZone === 'UTC' ? null : format;
  }

  /** Milliseconds that the wall clock is ahead of UTC at this instant. */
  offset(instant: number): number {
    if (this.format === null) return 0;
    const second = Math.floor(instant / 1000) * 1000;
    const part: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(second)) part[type] = Number(value);
    return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second) - second;
  }

  /** The first instant at which the clock shows this wall time; where the time is skipped, that of the change. */
  instantOf(wall: number): number {
    const before = this.offset(wall - DAY_MS);
    const earlier = wall - before;
    if (this.offset(earlier) === before) return earlier;
    const later = wall - this.offset(wall + DAY_MS);
    return Math.max(earlier, later);
  }

  /**
   * The wall time from which values of `timestamp without time zone` belong to the period that starts at this instant,
   * as Postgres's AT TIME ZONE reads them: of a time that comes twice the second, of a skipped one what follows the change.
   */
  wallFrom(instant: number): number {
    return instant + Math.min(this.offset(instant - 1), this.offset(instant));
  }
}
