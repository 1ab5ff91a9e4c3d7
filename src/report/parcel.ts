import { setImmediate as turn } from 'node:timers/promises';
import type { ReportData, ReportTable } from './report-data.js';

const LINE_END = 10;
/** Tables that are read before others get their turn: some milliseconds. */
const AT_A_TIME = 50;

/** A report on its way to another thread: a line of JSON without tables, and one for each table. */
export function packReport(report: ReportData): Uint8Array {
  const lines = [{ ...report, tables: [] }, ...report.tables].map((each) => JSON.stringify(each));
  return new TextEncoder().encode(lines.join('\n'));
}

/** Reads what `packReport` wrote, a few tables at a time: all at once, thousands of them would stop the thread for a second. */
export async function unpackReport(packed: Uint8Array): Promise<ReportData> {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const endOf = (start: number) => {
    const end = bytes.indexOf(LINE_END, start);
    return end < 0 ? bytes.length : end;
  };
  let end = endOf(0);
  const report = JSON.parse(bytes.toString('utf8', 0, end)) as ReportData;
  const tables: ReportTable[] = [];
  while (end < bytes.length) {
    const start = end + 1;
    end = endOf(start);
    tables.push(JSON.parse(bytes.toString('utf8', start, end)));
    if (tables.length % AT_A_TIME === 0) await turn();
  }
  return { ...report, tables };
}
