const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1,234,567`; a fraction is kept to four significant digits, and very large or small figures are written with an exponent. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(3);
  if (Number.isInteger(value) || size >= 10_000) return GROUPED.format(value);
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: Math.max(4, wholeDigits(size)) }).format(value);
}

function wholeDigits(size: number): number {
  return Math.floor(size).toString().length;
}

const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `512 bytes`, `1.3 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.95 would be shown as 1024.0 of the smaller unit.
  while (value >= 1023.95 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${GROUPED.format(value)} bytes`;
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${BYTE_UNITS[unit]}`;
}

/** A length of time in milliseconds, with one or two units: `85 ms`, `12.3 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return twoUnits(seconds, 60, 'min', 's');
  if (seconds < 86_400) return twoUnits(Math.round(seconds / 60), 60, 'h', 'min');
  return twoUnits(Math.round(seconds / 3600), 24, 'd', 'h');
}

function twoUnits(value: number, factor: number, large: string, small: string): string {
  const rest = value % factor;
  return `${Math.floor(value / factor)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

const AGE_UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** How long ago, in one unit: `3 h ago`, `just now`; a time in the future is `in 3 h`. */
export function formatAge(ms: number): string {
  const size = Math.abs(ms);
  const [length, unit] = AGE_UNITS.find(([candidate]) => size >= candidate) ?? [0, ''];
  if (length === 0) return 'just now';
  const text = `${GROUPED.format(Math.floor(size / length))} ${unit}`;
  return ms < 0 ? `in ${text}` : `${text} ago`;
}

/** Epoch milliseconds as `2026-11-23 06:00:00Z`. */
export function formatTime(time: number): string {
  return new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** `1 table`, `1,200 tables`. */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}
