import type { SeriesPoint } from '../model/series.js';

/** A row of a series file: its timestamp as written, and the point it is. */
export interface SeriesRow {
  readonly timestamp: string;
  readonly point: SeriesPoint;
}

/** Thrown where a line is none; `line` counts from 1. */
export class SeriesCsvError extends Error {
  override readonly name = 'SeriesCsvError';

  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

const TIMESTAMP = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * Rows of a CSV text with the head `timestamp,value`: ISO 8601 times (UTC where no zone is given), in the order of the lines; numbers, or nothing
 * where the value is unknown. Throws `SeriesCsvError`.
 */
export function parseSeriesCsv(text: string): SeriesRow[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trim() !== 'timestamp,value')
    throw new SeriesCsvError(1, `found "${shown(lines[0] ?? '')}"; the first line must be timestamp,value`);
  const rows: SeriesRow[] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.trim() === '') continue;
    const comma = line.indexOf(',');
    if (comma < 0 || line.indexOf(',', comma + 1) >= 0)
      throw new SeriesCsvError(i + 1, `found "${shown(line)}"; a line is a timestamp, a comma and a value`);
    const [timestamp, figure] = [line.slice(0, comma), line.slice(comma + 1).trim()];
    const time = timeOf(timestamp.trim());
    if (Number.isNaN(time))
      throw new SeriesCsvError(
        i + 1,
        `found the timestamp "${shown(timestamp)}"; write ISO 8601, e.g. 2026-11-23 06:00:00`,
      );
    const value = figure === '' ? null : Number(figure);
    if (value !== null && Number.isNaN(value))
      throw new SeriesCsvError(
        i + 1,
        `found the value "${shown(figure)}"; write a number, or nothing where it is unknown`,
      );
    rows.push({ timestamp, point: { time, value } });
  }
  return rows;
}

function timeOf(text: string): number {
  if (!TIMESTAMP.test(text)) return Number.NaN;
  const zoned = text.length === 10 || /(?:Z|[+-]\d\d:?\d\d)$/.test(text);
  return Date.parse(text.replace(' ', 'T') + (zoned ? '' : 'Z'));
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
