import { formatBytes, formatCount, formatNumber } from '../render/format.js';
import { paint } from '../render/style.js';
import { escapeControls } from '../render/text-width.js';
import { totals } from './policy-text.js';
import type { Proposal } from './proposal.js';

/** What was found, a few lines a source; those that were not reached first. */
export function describeFindings(proposal: Proposal, color: boolean): string[] {
  const { surveys, unreached } = proposal;
  return [
    ...unreached.map(
      ({ source, message }) => `${source}: ${paint('not reached', 'red', color)}  ${escapeControls(message)}`,
    ),
    ...surveys.flatMap((survey) => {
      const { source, discovery, server, privileges, storePrivileges, timeZone } = survey;
      const { count, bytes, rows } = totals(discovery.tables);
      const zone = proposal.zones.some((each) => each.source === source) ? `, clock of ${timeZone}` : '';
      return [
        `${source}: Postgres ${server.version}, ${formatCount(count, 'table')}, ${formatBytes(bytes)}, ~${formatNumber(rows)} rows${zone}`,
        ...grants(`${formatCount(privileges.tables, 'table')} cannot be read; to mend it:`, privileges.grants),
        ...grants('the history cannot be kept there; to mend it:', storePrivileges?.grants ?? []),
      ].map(escapeControls);
    }),
    ...together(proposal),
  ];
}

function grants(title: string, statements: readonly string[]): string[] {
  return statements.length === 0 ? [] : [`  ${title}`, ...statements.map((statement) => `    ${statement}`)];
}

function together({ excludes, insertTimes, timeless }: Proposal): string[] {
  const set = excludes.filter(({ doubtful }) => !doubtful);
  const left = set.reduce((sum, { tables }) => sum + tables, 0);
  const bytes = set.reduce((sum, each) => sum + each.bytes, 0);
  const sure = insertTimes.filter(({ doubtful }) => !doubtful).length;
  const doubtful = insertTimes.length - sure;
  return [
    ...(left > 0 ? [`left out: ${formatCount(left, 'table')}, ${formatBytes(bytes)}`] : []),
    `time of insertion: ${formatCount(sure, 'table')} for sure, ${formatNumber(doubtful)} perhaps, ${formatNumber(timeless)} without`,
  ];
}
