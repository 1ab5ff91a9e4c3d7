import type { SourceSurvey } from '#src/adapters/postgres/survey.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { formatBytes, formatCount, formatNumber } from '../render/format.js';
import { renderTable } from '../render/table.js';
import { escapeControls } from '../render/text-width.js';
import type { Proposal } from './proposal.js';

/** As many tables as somebody reads through; the rest is chosen by the same rules anyway. */
const MAX_INSERT_TIMES = 100;
const MAX_SEGMENTS = 20;
const MAX_LISTED = 20;

/** The text of sentinel.yaml: what is sure as settings, what is doubtful as comments, each with its reason. */
export function policyText(proposal: Proposal, { schema, madeOn }: { schema: string; madeOn: string }): string {
  const sections = [
    head(schema, madeOn),
    ...proposal.surveys.map(overview),
    ...proposal.unreached.map(({ source, message }) => [
      `# ${source} was not reached, so nothing is proposed for it: ${escapeControls(message)}`,
    ]),
    zones(proposal),
    excludes(proposal),
    views(proposal),
    insertTimes(proposal),
    segments(proposal),
    slots(proposal),
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${text.join('\n\n')}\n`;
}

function head(schema: string, madeOn: string): string[] {
  return [
    `# yaml-language-server: $schema=${schema}`,
    `# Proposed by "sentinel init" on ${madeOn} from the databases' catalogs and statistics; no table was read.`,
    '# What is sure is set, what is doubtful is a comment. "sentinel tables" shows what it does. docs/settings.md has every key.',
  ];
}

function overview({ source, discovery, server, privileges, storePrivileges }: SourceSurvey): string[] {
  const schemas = [...new Set(discovery.tables.map(({ schema }) => schema))];
  const rows = schemas.map((schema) => {
    const { count, bytes, rows } = totals(discovery.tables.filter((table) => table.schema === schema));
    return [schema, formatNumber(count), formatBytes(bytes), `~${formatNumber(rows)}`];
  });
  const columns = [
    { title: 'schema' },
    { title: 'tables', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'rows', align: 'right' as const },
  ];
  const table = rows.length === 0 ? ['no tables'] : renderTable(columns, rows).split('\n');
  return [
    comment(`${source}: database "${server.database}", Postgres ${server.version}`),
    ...table.map((line) => comment(`  ${line}`)),
    ...grants(`${formatCount(privileges.tables, 'table')} cannot be read; to mend it:`, privileges.grants),
    ...grants('the history cannot be kept here; to mend it:', storePrivileges?.grants ?? []),
  ];
}

/** What these tables are together; one that was never analysed adds no rows. */
export function totals(tables: readonly TableSpec[]): { count: number; bytes: number; rows: number } {
  return {
    count: tables.length,
    bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0),
    rows: tables.reduce((sum, { estimatedRows }) => sum + Math.max(0, estimatedRows), 0),
  };
}

function grants(title: string, statements: readonly string[]): string[] {
  if (statements.length === 0) return [];
  return [comment(`  ${title}`), ...statements.map((statement) => comment(`    ${statement}`))];
}

function zones({ zones }: Proposal): string[] {
  const named = zones.filter((each) => each.named);
  const lines = named.flatMap(({ source, zone }) => [
    `  ${source}:`,
    `    timeZone: ${quoted(zone)} # what its server's clock shows; its days begin there, and times without a zone are read so`,
  ]);
  const others = zones
    .filter((each) => !each.named)
    .map(({ source, zone }) =>
      comment(
        `The clock of ${source} shows "${zone}", which is no IANA name: set sources.${source}.timeZone yourself.`,
      ),
    );
  return [...(lines.length > 0 ? ['sources:', ...lines] : []), ...others];
}

function excludes({ excludes }: Proposal): string[] {
  if (excludes.length === 0) return [];
  const isSet = excludes.some(({ doubtful }) => !doubtful);
  const lines = excludes.map(({ glob, why, tables, bytes, doubtful }) => {
    const what = `${formatCount(tables, 'table')}, ${formatBytes(bytes)}: ${escapeControls(why)}`;
    return `  ${doubtful ? '# ' : ''}- ${quoted(glob)} # ${what}`;
  });
  return ['# Not profiled, with what each pattern leaves out.', isSet ? 'exclude:' : '# exclude:', ...lines];
}

function views({ surveys }: Proposal): string[] {
  const omitted = surveys.flatMap(({ source, discovery }) => discovery.omitted.map((each) => ({ source, ...each })));
  const list = (which: typeof omitted) => [
    ...which
      .slice(0, MAX_LISTED)
      .map(({ source, schema, name, reason }) =>
        comment(`  ${source}.${schema}.${name}: ${reason.replace(/^view: /, '')}`),
      ),
    ...(which.length > MAX_LISTED ? [`#   and ${formatNumber(which.length - MAX_LISTED)} more`] : []),
  ];
  const dear = omitted.filter(({ kind, reason }) => kind === 'view' && reason.includes('views.maxCost'));
  const foreign = omitted.filter(({ kind }) => kind === 'foreign table');
  return [
    ...(dear.length === 0
      ? []
      : [
          '# Views that cost too much to read; a higher limit lets them in.',
          ...list(dear),
          '# views:',
          "#   maxCost: 1000000 # the planner's; 100000 when absent",
        ]),
    ...(foreign.length === 0
      ? []
      : ['# Foreign tables, for which their server would do the work.', ...list(foreign), '# foreignTables: true']),
  ];
}

function insertTimes({ insertTimes, timeless }: Proposal): string[] {
  const shown = insertTimes.slice(0, MAX_INSERT_TIMES);
  if (insertTimes.length === 0) return [];
  const entries = shown.flatMap(({ match, column, why, second, doubtful }) => {
    const other = second === undefined ? '' : `; or ${quoted(second)}`;
    const mark = doubtful ? '# ' : '';
    return [
      `  ${mark}- match: ${quoted(match)}`,
      `  ${mark}  insertTime: ${quoted(column)} # ${why}${escapeControls(other)}`,
    ];
  });
  const more = insertTimes.length - shown.length;
  return [
    '# Which column says when a row was inserted: a year of history is read from it. What is a comment here is chosen the',
    '# same way by each run, after a look at the rows; take the # away to settle it.',
    shown.some(({ doubtful }) => !doubtful) ? 'tables:' : '# tables:',
    ...entries,
    ...(more > 0 ? [`  # as each run chooses by itself: ${formatCount(more, 'smaller table')}`] : []),
    ...(timeless > 0
      ? [`  # without such a column, and compared from run to run: ${formatCount(timeless, 'table')}`]
      : []),
  ];
}

function segments({ segments }: Proposal): string[] {
  if (segments.length === 0) return [];
  const lines = segments.slice(0, MAX_SEGMENTS).map(({ table: { source, schema, name }, columns }) => {
    const words = columns.map((column) => `${column.name} (${column.distinct} values)`).join(', ');
    return comment(`  ${source}.${schema}.${name}: ${words}`);
  });
  return [
    '# Columns that may explain an incident, as they have few values; each run looks at them by itself.',
    ...lines,
  ];
}

function slots({ surveys }: Proposal): string[] {
  const found = surveys.flatMap(({ source, discovery }) =>
    discovery.inventory.slots.map((slot) => ({ source, ...slot })),
  );
  if (found.length === 0) return [];
  return [
    '# Replication slots are watched; one that is inactive is reported from this much WAL on (64MiB when absent).',
    ...found.map(({ source, name, active, retainedBytes }) => {
      const retains = retainedBytes === null ? '' : `, retains ${formatBytes(retainedBytes)} now`;
      return comment(`  ${source}: ${name}, ${active ? 'active' : 'INACTIVE'}${retains}`);
    }),
    '# slots:',
    '#   maxRetainedBytes: 10GiB',
  ];
}

function comment(text: string): string {
  return `# ${escapeControls(text)}`.trimEnd();
}

/** A text as a YAML scalar on one line, with nothing in it that cannot be seen. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007F-\u009F\u200B\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
