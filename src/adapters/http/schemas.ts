/** JSON schemas of the API: requests are checked and answers are written by them, and `/api/v1/openapi.json` is made of them. */

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const number = { type: 'number' } as const;
const time = { type: 'string', format: 'date-time' } as const;
const textOrNull = { type: ['string', 'null'] } as const;
const timeOrNull = { type: ['string', 'null'], format: 'date-time' } as const;
const numberOrNull = { type: ['number', 'null'] } as const;
const severity = { type: 'string', enum: ['info', 'warn', 'critical'] } as const;
const incidentState = { type: 'string', enum: ['open', 'acknowledged', 'expected', 'muted', 'resolved'] } as const;
const taskState = { type: 'string', enum: ['ok', 'failed', 'skipped', 'gone'] } as const;
const runState = { type: 'string', enum: ['running', 'finished', 'interrupted', 'failed'] } as const;
const command = { type: 'string', enum: ['run', 'profile', 'detect'] } as const;
/** Whatever is in it: described elsewhere. */
const anything = (description: string) => ({ type: 'object', additionalProperties: true, description }) as const;
const listOf = <T>(items: T) => ({ type: 'array', items }) as const;

/** An object with all of these fields, and no others. */
function object<T extends Readonly<Record<string, unknown>>>(properties: T) {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties } as const;
}

/** The same, each field as one likes. */
function options<T extends Readonly<Record<string, unknown>>>(properties: T, required: readonly string[] = []) {
  return { type: 'object', additionalProperties: false, ...(required.length > 0 && { required }), properties } as const;
}

export const failure = object({ code: text, message: text });

const answers = (...statuses: readonly (readonly [number, string])[]) =>
  Object.fromEntries(statuses.map(([status, description]) => [status, { ...failure, description }]));

/** What any route may answer instead. */
export const USUAL = answers(
  [400, 'a parameter or the body is not as it must be'],
  [401, 'no token, or a wrong one'],
  [403, 'a change that may come from the page of another site'],
  [421, 'the Host header names none of ours'],
  [503, 'this instance stands by, or the metadata store does not answer'],
);
export const NOT_FOUND = answers([404, 'there is no such thing']);
export const CONFLICT = answers([409, 'not now, or not in this state']);

/** An answer that is no JSON. */
export const textAnswer = (contentType: string) => ({ 'x-text': contentType, type: 'string' }) as const;

const page = {
  limit: { type: 'integer', minimum: 1, maximum: 500, default: 50, description: 'the most to answer with' },
  offset: { type: 'integer', minimum: 0, default: 0, description: 'leave out so many before' },
} as const;

export const runSummary = object({
  id: { ...count, description: 'grows with time' },
  run: { ...text, description: 'its label' },
  command: text,
  state: runState,
  startedAt: time,
  finishedAt: timeOrNull,
  asOf: time,
  version: textOrNull,
  totals: { ...anything('the summary of `sentinel run --json`'), type: ['object', 'null'] },
  cost: { ...anything('rows, bytes, connections, longest transaction'), type: ['object', 'null'] },
});

export const runsQuery = options({
  limit: page.limit,
  before: { type: 'integer', minimum: 1, description: 'only runs older than the one of this id' },
  state: { ...runState, description: 'only runs in this state' },
});
export const runsAnswer = object({
  runs: listOf(runSummary),
  before: { type: ['integer', 'null'], description: 'for the next page; null on the last' },
});

export const tableOverview = object({
  source: text,
  schema: text,
  table: text,
  kind: textOrNull,
  gone: { ...flag, description: 'it was there, and is no more' },
  state: { type: ['string', 'null'], enum: [...taskState.enum, null] },
  failure: { ...textOrNull, description: 'why it could not be read' },
  run: { ...textOrNull, description: 'label of the run that looked at it last' },
  seenAt: timeOrNull,
  rows: numberOrNull,
  freshnessSeconds: { ...numberOrNull, description: 'age of the newest row when it was read' },
  incidents: { ...count, description: 'open and acknowledged incidents that name it' },
  severity: { type: ['string', 'null'], enum: [...severity.enum, null], description: 'the worst of them' },
});
export const tablesQuery = options({
  ...page,
  source: { ...text, description: 'only tables of this source' },
  search: { type: 'string', maxLength: 200, description: 'part of source.schema.table, in any case' },
  state: { ...taskState, description: 'only tables whose newest outcome this is' },
  gone: { type: 'boolean', default: false, description: 'those that are gone, too' },
  sort: { type: 'string', enum: ['name', 'rows', 'freshness', 'seen', 'incidents'], default: 'name' },
  order: { type: 'string', enum: ['asc', 'desc'], default: 'asc' },
});
export const tablesAnswer = object({ total: count, tables: listOf(tableOverview) });

const name = { type: 'string', minLength: 1, maxLength: 63 } as const;
export const tableParams = object({ source: name, schema: name, table: name });

export const finding = anything('one finding, as in `sentinel run --json` (docs/json.md)');
const incidentFields = {
  id: { ...text, description: 'INC-…' },
  state: incidentState,
  severity,
  title: text,
  cause: textOrNull,
  nextStep: { ...textOrNull, description: 'what to look at first' },
  since: time,
  mutedUntil: timeOrNull,
  findings: listOf(finding),
};
export const incident = object(incidentFields);
export const incidentEvent = object({
  at: time,
  actor: text,
  action: text,
  reason: textOrNull,
  run: textOrNull,
  details: anything('what else is known of it'),
});
export const incidentDetail = object({
  ...incidentFields,
  feeds: { ...listOf(text), description: 'what is made from its tables, the nearest first' },
  referencedBy: { ...listOf(text), description: 'tables whose foreign keys point at them' },
  events: listOf(incidentEvent),
});
export const incidentsQuery = options({
  ...page,
  state: { type: 'string', enum: [...incidentState.enum, 'unresolved', 'all'], default: 'unresolved' },
});
export const incidentsAnswer = object({
  incidents: listOf(incident),
  more: { ...flag, description: 'whether there are any behind this page' },
});
export const incidentParams = object({
  id: { type: 'string', pattern: '^INC-[0-9]{1,18}$', description: 'as INC-12' },
});
export const changeBody = options({
  reason: { type: 'string', minLength: 1, maxLength: 2000 },
  actor: {
    type: 'string',
    pattern: '^[^\\p{Cc}]{1,100}$',
    description: 'who decides, for the audit trail; with a cookie it is who logged in',
  },
});
export const changeUntilBody = options({
  ...changeBody.properties,
  until: { ...time, description: 'when it ends; absent: 30 days for expect, until it is over for mute' },
});

export const tableDetail = object({
  ...tableOverview.properties,
  profile: {
    ...options({ run: text, time, mode: text, consistent: flag, columns: listOf(anything('as in docs/json.md')) }),
    type: ['object', 'null'],
    description: 'the newest figures; values that look personal are masked',
  },
  series: { ...listOf(object({ column: textOrNull, metric: text })), description: 'what may be asked for by …/series' },
  unresolved: { ...listOf(incident), description: 'its incidents that are not resolved' },
});
export const seriesQuery = options(
  {
    metric: { type: 'string', minLength: 1, maxLength: 100 },
    column: { type: 'string', minLength: 1, maxLength: 63, description: 'of this column; absent: of the table itself' },
    from: time,
    to: time,
    points: { type: 'integer', minimum: 1, maximum: 2000, default: 200, description: 'the most stretches of time' },
  },
  ['metric'],
);
export const seriesAnswer = object({
  metric: text,
  column: textOrNull,
  points: {
    ...listOf(object({ from: time, to: time, points: count, min: number, max: number, mean: number, last: number })),
    description: 'stretches of equal length, oldest first; those without a figure are left out',
  },
});

export const runDetail = object({
  ...runSummary.properties,
  tables: object({ ok: count, failed: count, skipped: count, gone: count }),
  failed: {
    ...listOf(object({ source: text, schema: textOrNull, table: textOrNull, code: text, message: text })),
    description: 'tables, and sources (table null), that could not be read; at most 200',
  },
  findings: { ...listOf(finding), description: 'worst first; at most 200' },
});
export const runParams = object({
  run: { type: 'string', pattern: '^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$', description: 'as 20260131-180000-0a1b2c' },
});
export const runBody = options({
  command: { ...command, default: 'run' },
  sources: { type: 'array', items: name, maxItems: 100, default: [] },
  tables: { type: 'array', items: text, maxItems: 100, default: [], description: 'as --table' },
  exclude: { type: 'array', items: text, maxItems: 100, default: [], description: 'as --exclude' },
  gentle: { type: 'boolean', default: false },
  actor: changeBody.properties.actor,
});

const running = {
  ...object({
    command: text,
    schedule: textOrNull,
    startedAt: time,
    run: textOrNull,
    tables: object({ listed: count, done: count, failed: count }),
    rows: number,
    bytes: number,
  }),
  type: ['object', 'null'],
};
export const runningRun = { ...running, type: 'object' };
export const status = object({
  version: text,
  startedAt: time,
  role: { type: 'string', enum: ['active', 'standby'] },
  reason: { ...textOrNull, description: 'why it stands by' },
  running,
  page: { ...textOrNull, description: 'the run that the page shows; null until it is made' },
});
const endedRun = {
  ...object({
    endedAt: time,
    run: textOrNull,
    outcome: { type: 'string', enum: ['complete', 'incomplete', 'failed'] },
    exitCode: { type: 'integer' },
    message: textOrNull,
  }),
  type: ['object', 'null'],
};
export const schedulesAnswer = object({
  schedules: listOf(
    object({
      name: text,
      cron: text,
      timeZone: text,
      command,
      sources: listOf(text),
      tables: listOf(text),
      exclude: listOf(text),
      jitterSeconds: number,
      gentle: flag,
      nextAt: { ...listOf(time), description: 'the next times that it is due; none while this instance stands by' },
      state: { type: 'string', enum: ['idle', 'waiting', 'running'] },
      skipped: { ...count, description: 'times that it was due while it was waiting or running' },
      last: endedRun,
    }),
  ),
});
export const healthAnswer = anything('what `sentinel health --json` says of each source, of the store and of the logs');
export const settingsAnswer = anything('the configuration, each secret replaced by ***');
export const loginBody = options(
  { token: { type: 'string', maxLength: 1000 }, name: { type: 'string', pattern: '^[^\\p{Cc}]{0,100}$' } },
  ['token'],
);
