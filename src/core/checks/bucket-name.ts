import type { EventSeries } from '../events/series.js';

/** `on 2026-06-29`, `from 14:00 to 15:00 on 2026-06-29`: a bucket as the source's time zone writes it. */
export function bucketName(series: Pick<EventSeries, 'points' | 'interval'>, index: number, timeZone: string): string {
  const start = wallTime(series.points[index]!.time, timeZone);
  if (series.interval === 'D') return `on ${start.day}`;
  const end = wallTime(series.points[index]!.time + 3_600_000, timeZone);
  return `from ${start.time} to ${end.time} on ${start.day}`;
}

function wallTime(epochMs: number, timeZone: string): { readonly day: string; readonly time: string } {
  // The locale fixes digits and order; nothing of it is seen.
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(epochMs);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? '';
  return { day: `${part('year')}-${part('month')}-${part('day')}`, time: `${part('hour')}:${part('minute')}` };
}
