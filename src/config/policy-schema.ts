import { createRequire } from 'node:module';
import type * as Zod from 'zod';
import { SINK_NAMES } from '#src/contract/alert-delivery.js';
import { sourceChecks, tableChecks } from '#src/core/checks/index.js';
import { isTimeZone } from '#src/core/events/time-zone.js';
import { parseDuration } from './duration.js';
import { CRON_RULE, isCron } from './schedules.js';
import { compileTableGlob, TABLE_GLOB_RULE } from './table-glob.js';
import { bytes } from './validators.js';

export type PolicyOutput = Zod.output<ReturnType<typeof policySchema>>;

const BYTES = bytes({ min: 1 });

/** Characters; more is a program, and belongs in a view. */
const MAX_SQL_LENGTH = 20_000;

/** What `checks.disabled` may name. */
const CHECK_NAMES = [...tableChecks, ...sourceChecks].map(({ name }) => name);

let loaded: ReturnType<typeof buildSchema> | undefined;

/** What sentinel.yaml may hold. zod takes 40 ms to load, so it is loaded only where there is such a file. */
export function policySchema() {
  loaded ??= buildSchema(loadZod());
  return loaded;
}

/** The schema as JSON Schema (draft 2020-12), for editors: of what is written, before it is converted. */
export function policyJsonSchema(): Record<string, unknown> {
  const schema = loadZod().z.toJSONSchema(policySchema(), { io: 'input', target: 'draft-2020-12' });
  return { ...schema, title: 'sentinel.yaml', $id: 'sentinel.schema.json' };
}

function loadZod(): typeof Zod {
  return createRequire(import.meta.url)('zod');
}

function buildSchema({ z }: typeof Zod) {
  const glob = z.string().refine((pattern) => compileTableGlob(pattern) !== undefined, { error: TABLE_GLOB_RULE });
  const globs = z.array(glob);
  const duration = z.string().transform((text, context) => {
    const value = parseDuration(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'a duration such as 90s, 30m, 24h or 7d' });
    return z.NEVER;
  });
  const byteCount = z.union([z.number(), z.string()], { error: BYTES.allowed }).transform((value, context) => {
    try {
      return BYTES.parse(String(value));
    } catch {
      context.addIssue({ code: 'custom', message: BYTES.allowed });
      return z.NEVER;
    }
  });
  const sql = z
    .string()
    .min(1)
    .max(MAX_SQL_LENGTH)
    .refine((text) => !text.includes('\0'), { error: 'SQL without NUL characters' });
  const timeZone = z.string().refine(isTimeZone, { error: 'an IANA time zone such as Europe/Berlin' });
  const share = z.number().min(0).max(1).optional();
  const count = z.int().min(0).optional();
  return z.strictObject({
    include: globs.optional().describe(`Only these tables are profiled. Each is ${TABLE_GLOB_RULE}.`),
    exclude: globs.optional().describe('These tables are not profiled, whatever include says.'),
    views: z
      .strictObject({
        maxCost: z
          .number()
          .min(0)
          .optional()
          .describe("A view is profiled where the planner's total cost of reading it is at most this; 0: none."),
      })
      .optional()
      .describe('Plain views.'),
    sources: z
      .record(
        z.string(),
        z.strictObject({
          timeZone: timeZone
            .optional()
            .describe('Where its days begin, and how a timestamp without time zone is read; UTC when absent.'),
        }),
      )
      .optional()
      .describe('Settings of single sources, by the names in SENTINEL_SOURCES.'),
    foreignTables: z.boolean().optional().describe('Whether foreign tables are profiled; their server does the work.'),
    tables: z
      .array(
        z.strictObject({
          match: glob.describe(`Which tables: ${TABLE_GLOB_RULE}.`),
          insertTime: z.string().min(1).optional().describe('Column that holds when a row was inserted.'),
          freshness: duration.optional().describe('Longest age of the newest row, e.g. 24h.'),
          description: z.string().min(1).max(2_000).optional().describe('What the table is.'),
          owner: z.string().min(1).max(200).optional().describe('Who looks after it: named in every alert of it.'),
        }),
      )
      .optional()
      .describe('Settings of single tables; for each setting the first entry that matches and names it counts.'),
    metrics: z
      .array(
        z
          .strictObject({
            name: z
              .string()
              .regex(/^[a-z][a-z0-9_]{0,62}$/, { error: 'lower-case letters, digits and _, beginning with a letter' })
              .describe('Its series is custom.<name>; each name once.'),
            match: glob.describe(`Of which tables: ${TABLE_GLOB_RULE}.`),
            expression: sql
              .optional()
              .describe('An aggregate over the table, e.g. avg((total < 0)::int); or query, but not both.'),
            query: sql
              .optional()
              .describe('A query that gives one number. The search_path is empty: names need their schema.'),
            kind: z
              .enum(['number', 'count', 'share'])
              .optional()
              .describe('How it is judged by its past, where it has no limits; number when absent.'),
            min: z.number().optional().describe('A smaller value is reported.'),
            max: z.number().optional().describe('A larger value is reported.'),
            severity: z
              .enum(['info', 'warn', 'critical'])
              .optional()
              .describe('Of a value beyond min or max; critical when absent.'),
            maxCost: z
              .number()
              .min(0)
              .optional()
              .describe("It is run where the planner's total cost is at most this; 1000000 when absent."),
          })
          .refine(({ expression, query }) => (expression === undefined) !== (query === undefined), {
            error: 'expression or query, and not both',
          })
          .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
            path: ['max'],
            error: 'at least min',
          }),
      )
      .optional()
      .describe('Figures of your own: one number a table, by SQL that reads only.'),
    alerts: z
      .strictObject({
        routes: z
          .array(
            z.strictObject({
              severity: z.enum(['warn', 'critical']).optional().describe('Of at least this severity.'),
              source: z.string().min(1).optional().describe('Of this source, by its name in SENTINEL_SOURCES.'),
              table: glob.optional().describe(`With at least one table that matches: ${TABLE_GLOB_RULE}.`),
              owner: z.string().min(1).optional().describe('With at least one table of this owner, as in tables.'),
              sinks: z
                .array(z.enum(SINK_NAMES))
                .min(1, { error: 'at least one sink' })
                .describe(`Where they go: ${SINK_NAMES.join(', ')}.`),
            }),
          )
          .optional()
          .describe(
            'Which alerts go where; an alert goes to the sinks of every route that it meets in all that the route names. Without routes every sink gets every alert.',
          ),
        digest: z
          .strictObject({
            beyond: z
              .int()
              .min(1)
              .optional()
              .describe(
                'Where one run has more alerts than this for Slack, e-mail or PagerDuty, they come as one; 10.',
              ),
            daily: z
              .enum(['warn', 'critical'])
              .optional()
              .describe('Alerts of at most this severity come to Slack and e-mail once a day, together.'),
            dailyAt: z
              .string()
              .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'a time of day such as 07:00, in UTC' })
              .optional()
              .describe('When, in UTC: with the first run after it; 07:00.'),
          })
          .optional()
          .describe('Several alerts in one message.'),
      })
      .optional()
      .describe('To whom what is told.'),
    dbt: z
      .strictObject({
        manifest: z.string().min(1).describe("Path of dbt's target/manifest.json, from the working directory."),
      })
      .optional()
      .describe('Owners, descriptions and lineage of tables that dbt makes; what tables says comes first.'),
    checks: z
      .strictObject({
        disabled: z
          .array(z.enum(CHECK_NAMES))
          .optional()
          .describe(`Checks that report nothing: ${CHECK_NAMES.join(', ')}.`),
        rowCount: z
          .strictObject({
            fallShare: share.describe('A fall by more than this share is reported however short the history is.'),
            riseShare: z.number().min(0).optional().describe('The same for a rise; 1: doubled.'),
            criticalFallShare: share.describe('A fall by more than this share is critical.'),
            minEffectShare: share.describe('Changes by no more than this share are not reported.'),
            minEffectRows: count.describe('Changes by no more rows than this are not reported.'),
            minRows: count.describe('Tables that usually have fewer rows are not judged.'),
          })
          .optional()
          .describe('Number of rows.'),
        nulls: z
          .strictObject({
            minPriorRows: count.describe('Rows seen without a null before a first null is reported.'),
            criticalShare: share.describe('A first null in more than this share of the rows is critical.'),
            minExpectedValues: count.describe('Values a column should have had before their absence is reported.'),
            jumpShare: share.describe(
              'A null rate that rises by more than this is reported however short the history is.',
            ),
            minJumpRows: count.describe('Rows a table must have for that.'),
          })
          .optional()
          .describe('Nulls where there were none.'),
        freshness: z
          .strictObject({
            factor: z.number().min(1).optional().describe('The learned limit, in times the longest lag of the past.'),
            slack: duration.optional().describe('The learned limit is at least this much more, e.g. 1h.'),
            criticalFactor: z.number().min(1).optional().describe('Staleness of so many times its limit is critical.'),
          })
          .optional()
          .describe('Age of the newest row, where tables does not declare a limit.'),
        judge: z
          .strictObject({
            strictness: z
              .number()
              .min(0.2)
              .max(10)
              .optional()
              .describe(
                'Factor on the thresholds learned from history: above 1 fewer and surer findings, below 1 more.',
              ),
            minCountShare: share.describe('Counts that differ by less than this share of what is expected are normal.'),
            minCountRows: count.describe('Counts that differ by fewer than this are normal.'),
            minRate: share.describe('Rates (nulls, shares of values) that differ by less than this are normal.'),
            minMeanShare: share.describe('Means that differ by less than this share of what is expected are normal.'),
          })
          .optional()
          .describe('Figures against what their history leads to expect.'),
      })
      .optional()
      .describe('What is reported, and from when.'),
    slots: z
      .strictObject({
        maxRetainedBytes: byteCount
          .optional()
          .describe('WAL that an inactive replication slot may keep back, e.g. 10GiB.'),
      })
      .optional()
      .describe('Replication slots.'),
    schedules: z
      .array(
        z.strictObject({
          name: z
            .string()
            .regex(/^[a-z][a-z0-9_-]{0,62}$/, { error: 'lower-case letters, digits, _ and -, beginning with a letter' })
            .describe('For people, logs and metrics; each name once.'),
          cron: z.string().refine(isCron, { error: CRON_RULE }).describe(`When it is due: ${CRON_RULE}.`),
          timeZone: timeZone.optional().describe('Of the cron expression; UTC when absent.'),
          command: z.enum(['run', 'profile', 'detect']).optional().describe('What is run; run when absent.'),
          sources: z.array(z.string()).min(1).optional().describe('Only these sources; all when absent.'),
          tables: globs.optional().describe('Only tables that match, as --table.'),
          exclude: globs.optional().describe('Leave out tables that match, as --exclude.'),
          jitter: duration.optional().describe('It begins up to this much later than it is due, by chance, e.g. 5m.'),
          gentle: z.boolean().optional().describe('Spare the databases, as --gentle.'),
        }),
      )
      .optional()
      .describe('When the daemon (sentinel serve) runs by itself.'),
  });
}
