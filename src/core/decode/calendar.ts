const DAY_US = 86_400_000_000n;

/** Date text of days since 2000-01-01 in the proleptic Gregorian calendar, without its era: `0044-03-15`. */
function dateParts(days: number): { date: string; era: string } {
  // Hinnant, "chrono-compatible low-level date algorithms": eras of 400 years that begin on 1 March.
  const shifted = days + 730425;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const shown = year > 0 ? year : 1 - year;
  return { date: `${pad(shown, 4)}-${pad(month, 2)}-${pad(day, 2)}`, era: year > 0 ? '' : ' BC' };
}

/** ISO text of days since 2000-01-01, years before 1 with ` BC`, as `to_json(date)` writes it. */
export function dateText(days: number): string {
  const { date, era } = dateParts(days);
  return date + era;
}

/** ISO text of microseconds since 2000-01-01, as `to_json(timestamp)` writes it; `zone` is `+00:00` for timestamptz. */
export function timestampText(microseconds: bigint, zone: string): string {
  let days = microseconds / DAY_US;
  let time = microseconds % DAY_US;
  if (time < 0n) {
    time += DAY_US;
    days -= 1n;
  }
  const { date, era } = dateParts(Number(days));
  return `${date}T${clockText(time)}${zone}${era}`;
}

/** `HH:MM:SS[.ffffff]` of microseconds ≥ 0, hours beyond 24 as they are. */
export function clockText(microseconds: bigint): string {
  const seconds = microseconds / 1_000_000n;
  const fraction = Number(microseconds % 1_000_000n);
  const clock = `${pad(seconds / 3600n, 2)}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}`;
  return fraction === 0 ? clock : `${clock}.${pad(fraction, 6).replace(/0+$/, '')}`;
}

/** `+02`, `-03:30`, `+00:00:01` of a zone in seconds west, as `timetz_out` writes it. */
export function zoneText(secondsWest: number): string {
  const seconds = Math.abs(secondsWest);
  let text = `${secondsWest <= 0 ? '+' : '-'}${pad(Math.floor(seconds / 3600), 2)}`;
  const minutes = Math.floor(seconds / 60) % 60;
  if (minutes !== 0 || seconds % 60 !== 0) text += `:${pad(minutes, 2)}`;
  return seconds % 60 === 0 ? text : `${text}:${pad(seconds % 60, 2)}`;
}

/** Interval in Postgres's own style, as `interval_out` writes it: `1 year -2 mons +3 days 04:05:06`. */
export function intervalText(months: number, days: number, microseconds: bigint): string {
  const years = Math.trunc(months / 12);
  const parts: string[] = [];
  let before = false;
  for (const [value, unit] of [
    [years, 'year'],
    [months - years * 12, 'mon'],
    [days, 'day'],
  ] as const) {
    if (value === 0) continue;
    parts.push(`${before && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`);
    before = value < 0;
  }
  if (parts.length === 0 || microseconds !== 0n) {
    const sign = microseconds < 0n ? '-' : before ? '+' : '';
    parts.push(sign + clockText(microseconds < 0n ? -microseconds : microseconds));
  }
  return parts.join(' ');
}

function pad(value: number | bigint, width: number): string {
  return String(value).padStart(width, '0');
}
