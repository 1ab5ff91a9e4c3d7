import type { TableHistory } from '../model/history.js';
import { columnPoints, measured } from './past.js';

/**
 * True where a figure of a column changed by at least `part` of how much its values differ from each other: in a large table
 * even what nobody would notice lies outside of what chance allows. True, too, where the standard deviation is unknown.
 */
export function isMaterial(history: TableHistory, column: string, change: number, part: number): boolean {
  const before = columnPoints(history, column, 'stddev').at(-1)?.value;
  const stddev = before ?? measured(history)?.columns.find(({ name }) => name === column)?.stddev;
  return stddev === undefined || Math.abs(change) >= part * stddev;
}
