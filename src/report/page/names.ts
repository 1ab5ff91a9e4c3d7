import type { Severity } from '../../core/model/finding.js';
import { tableKey } from '../model.js';
import type { ReportTable } from '../report-data.js';
import { h, s } from './dom.js';
import { foreign } from './format.js';

/** The words people read for a severity. */
export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  critical: 'critical',
  warn: 'warning',
  info: 'info',
};

/** A table's name with its schema and source in the background, as a link to its page. */
export function tableLink(table: ReportTable): HTMLAnchorElement {
  return h('a', { class: 'table-name', href: `#/table/${tableKey(table)}` }, ...nameParts(table));
}

export function nameParts(table: ReportTable): HTMLElement[] {
  return [
    h('span', { class: 'path' }, foreign(table.source), '.', foreign(table.schema), '.'),
    foreign(table.table, 'leaf'),
  ];
}

/** Severity as shape, colour and word, so that no one of them is needed. */
export function severityTag(severity: Severity): HTMLElement {
  return h('span', { class: `severity ${severity}` }, severityMark(severity), SEVERITY_WORDS[severity]);
}

const MARKS: Readonly<Record<Severity, string>> = {
  critical: 'M6 1 11.5 10.8H.5Z',
  warn: 'M6 .6 11.4 6 6 11.4.6 6Z',
  info: 'M6 1.2a4.8 4.8 0 1 1 0 9.6a4.8 4.8 0 1 1 0-9.6Z',
};

export function severityMark(severity: Severity): SVGElement {
  return s(
    'svg',
    { class: `mark ${severity}`, viewBox: '0 0 12 12', 'aria-hidden': 'true' },
    s('path', { d: MARKS[severity] }),
  );
}
