import { setImmediate as turn } from 'node:timers/promises';
import type { ReportData, ReportTable } from './report-data.js';

const LINE_END = 10;
/** Tables that are read before others get their turn: some milliseconds. */
const AT_A_TIME = 50;

/** A report whose tables are read when they are wanted: thousands of them as objects take many times the memory of their bytes. */
export interface Unpacked {
  /** Its tables without series and without figures of columns: what they are found and ordered by. */
  readonly outline: ReportData;
  /** Everything of one table. */
  whole(index: number): ReportTable;
}

/** A report on its way to another thread: a line of JSON without tables, and one for each table. */
export function packReport(report: ReportData): Uint8Array<ArrayBuffer> {
  const lines = [{ ...report, tables: [] }, ...report.tables].map((each) => JSON.stringify(each));
  return new TextEncoder().encode(lines.join('\n'));
}

/** Reads what `packReport` wrote, a few tables at a time: all at once, thousands of them would stop the thread for a second. */
export async function unpackReport(packed: Uint8Array): Promise<Unpacked> {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const ends: number[] = [];
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) ends.push(at);
  ends.push(bytes.length);
  const line = (i: number) => JSON.parse(bytes.toString('utf8', i === 0 ? 0 : ends[i - 1]! + 1, ends[i]));
  const whole = (index: number): ReportTable => line(index + 1);
  const tables: ReportTable[] = [];
  while (tables.length < ends.length - 1) {
    tables.push(outlineOf(whole(tables.length)));
    if (tables.length % AT_A_TIME === 0) await turn();
  }
  return { outline: { ...line(0), tables }, whole };
}

function outlineOf({ volume: _, rowCount: __, freshness: ___, columns, ...table }: ReportTable): ReportTable {
  return { ...table, columns: columns.map(({ name, type }) => ({ name, type })) };
}
