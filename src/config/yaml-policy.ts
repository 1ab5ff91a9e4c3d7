import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Yaml from 'yaml';
import type { Document, LineCounter } from 'yaml';
import { type CheckSettings, DEFAULT_CHECK_SETTINGS } from '#src/core/checks/index.js';
import type { JudgeSettings } from '#src/core/detectors/index.js';
import { suggest } from './names.js';
import {
  type AlertPolicy,
  type CustomMetric,
  DEFAULT_METRIC_COST,
  DEFAULT_POLICY,
  DEFAULT_VIEW_COST,
  type Policy,
} from './policy.js';
import { POLICY_FILE } from './policy-file.js';
import { type PolicyOutput, policyJsonSchema, policySchema } from './policy-schema.js';
import { type Problem, showValue } from './problem.js';
import { readText } from './read-text.js';
import type { Schedule } from './schedules.js';

/** Read sentinel.yaml of the working directory, or the draft in its place; what is wrong with it goes to `problems`. */
export function readPolicy(cwd: string, problems: Problem[], draft?: string): Policy {
  let text = draft;
  try {
    text ??= readText(join(cwd, POLICY_FILE));
  } catch (error) {
    const fix = (error as Error).message;
    problems.push({ setting: POLICY_FILE, file: POLICY_FILE, allowed: 'a readable text file', fix });
    return DEFAULT_POLICY;
  }
  if (text === undefined) {
    const other = 'sentinel.yml';
    if (existsSync(join(cwd, other)))
      problems.push({ setting: other, file: other, allowed: POLICY_FILE, fix: `rename the file to ${POLICY_FILE}` });
    return DEFAULT_POLICY;
  }
  return parsePolicy(text, problems);
}

/** The policy that this YAML text says; what is wrong with it goes to `problems`, and where it cannot be read it is the default one. */
export function parsePolicy(text: string, problems: Problem[]): Policy {
  const { parseDocument, LineCounter: Counter } = createRequire(import.meta.url)('yaml') as typeof Yaml;
  const lines = new Counter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  if (document.errors.some(({ message }) => /call stack/i.test(message))) {
    const found = 'lists and mappings too deep in each other';
    problems.push({
      setting: POLICY_FILE,
      file: POLICY_FILE,
      found,
      allowed: 'YAML 1.2',
      fix: 'nest them less deeply',
    });
    return DEFAULT_POLICY;
  }
  if (document.errors.length > 0) {
    for (const { message, pos } of document.errors)
      problems.push({
        setting: POLICY_FILE,
        ...place(lines, pos[0]),
        found: showValue(message, false),
        allowed: 'YAML 1.2, each key once',
        fix: 'correct the line',
      });
    return DEFAULT_POLICY;
  }
  let data: unknown;
  try {
    data = document.toJS() ?? {};
  } catch (error) {
    const found = showValue((error as Error).message, false);
    problems.push({ setting: POLICY_FILE, file: POLICY_FILE, found, allowed: 'YAML 1.2', fix: 'use fewer aliases' });
    return DEFAULT_POLICY;
  }
  const parsed = policySchema().safeParse(data);
  const locator: Locator = { document, lines };
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(...describe(issue, locator));
    return DEFAULT_POLICY;
  }
  problems.push(...repeatedNames(parsed.data, locator));
  return withDefaults(parsed.data);
}

/** No fault of the schema: what else is wrong with the entries is to be found, too. */
function repeatedNames(parsed: PolicyOutput, locator: Locator): Problem[] {
  return (['metrics', 'schedules'] as const).flatMap((list) => {
    const names = (parsed[list] ?? []).map(({ name }) => name);
    return names.flatMap((name, at) => {
      const first = names.indexOf(name);
      if (first === at) return [];
      const path = [list, at, 'name'];
      return [
        {
          setting: formatPath(path),
          ...placeOf(path, locator),
          found: `${name}, which is the name of ${formatPath([list, first])}`,
          allowed: 'each name once',
          fix: 'rename one of them',
        },
      ];
    });
  });
}

function withDefaults(parsed: PolicyOutput): Policy {
  const { include, exclude, views, foreignTables, sources, tables, metrics, alerts, checks, slots, schedules, dbt } =
    parsed;
  return {
    include: include ?? [],
    exclude: exclude ?? [],
    views: { maxCost: views?.maxCost ?? DEFAULT_VIEW_COST },
    foreignTables: foreignTables ?? false,
    sources: Object.fromEntries(Object.entries(sources ?? {}).map(([name, settings]) => [name, defined(settings)])),
    tables: (tables ?? []).map(({ match, insertTime, freshness, owner, description }) => ({
      match,
      ...(insertTime !== undefined && { insertTime }),
      ...(freshness !== undefined && { freshnessSeconds: freshness }),
      ...(owner !== undefined && { owner }),
      ...(description !== undefined && { description }),
    })),
    metrics: (metrics ?? []).map(customMetric),
    alerts: alertPolicy(alerts),
    checks: { disabled: checks?.disabled ?? [], settings: checkSettings(checks, slots?.maxRetainedBytes) },
    schedules: (schedules ?? []).map(schedule),
    dbtManifest: dbt?.manifest ?? null,
  };
}

function schedule(written: NonNullable<PolicyOutput['schedules']>[number]): Schedule {
  const { name, cron, timeZone = 'UTC', command = 'run', jitter = 0, gentle = false } = written;
  const { sources = [], tables = [], exclude = [] } = written;
  return { name, cron, timeZone, command, sources, tables, exclude, jitterSeconds: jitter, gentle };
}

function alertPolicy(alerts: PolicyOutput['alerts']): AlertPolicy {
  const { digest } = DEFAULT_POLICY.alerts;
  const { beyond = digest.beyond, daily = digest.daily, dailyAt } = alerts?.digest ?? {};
  const [hours = 0, minutes = 0] = dailyAt?.split(':').map(Number) ?? [];
  return {
    routes: alerts?.routes?.map(({ sinks, ...conditions }) => ({ ...defined(conditions), sinks })) ?? null,
    digest: { beyond, daily, dailyAt: dailyAt === undefined ? digest.dailyAt : hours * 60 + minutes },
  };
}

const METRIC_KINDS = { number: 'mean', count: 'row_count', share: 'rate' } as const;

function customMetric(metric: NonNullable<PolicyOutput['metrics']>[number]): CustomMetric {
  const { name, match, expression, query, kind = 'number', min, max, severity = 'critical', maxCost } = metric;
  return {
    name,
    match,
    sql: expression === undefined ? { kind: 'query', text: query! } : { kind: 'expression', text: expression },
    maxCost: maxCost ?? DEFAULT_METRIC_COST,
    kind: METRIC_KINDS[kind],
    ...(min !== undefined && { lower: min }),
    ...(max !== undefined && { upper: max }),
    severity,
  };
}

function checkSettings(checks: PolicyOutput['checks'], maxRetainedBytes: number | undefined): CheckSettings {
  const { rowCount, nulls, freshness, slots } = DEFAULT_CHECK_SETTINGS;
  const { slack, ...ownFreshness } = checks?.freshness ?? {};
  return {
    rowCount: { ...rowCount, ...defined(checks?.rowCount) },
    nulls: { ...nulls, ...defined(checks?.nulls) },
    freshness: { ...freshness, ...defined(ownFreshness), ...(slack !== undefined && { slackSeconds: slack }) },
    slots: { ...slots, ...(maxRetainedBytes !== undefined && { retainedLimitBytes: maxRetainedBytes }) },
    judge: judgeSettings(checks?.judge),
  };
}

function judgeSettings(judge: NonNullable<PolicyOutput['checks']>['judge']): JudgeSettings {
  const { strictness, minimumEffect } = DEFAULT_CHECK_SETTINGS.judge;
  const count = {
    relative: judge?.minCountShare ?? minimumEffect.row_count.relative,
    absolute: judge?.minCountRows ?? minimumEffect.row_count.absolute,
  };
  const rate = { ...minimumEffect.rate, absolute: judge?.minRate ?? minimumEffect.rate.absolute };
  const mean = { ...minimumEffect.mean, relative: judge?.minMeanShare ?? minimumEffect.mean.relative };
  return {
    strictness: judge?.strictness ?? strictness,
    minimumEffect: {
      ...minimumEffect,
      row_count: count,
      cumulative: count,
      distinct: count,
      rate,
      null_rate: rate,
      mean,
      stream: mean,
    },
  };
}

/** Without the fields that are undefined, which would overwrite a default. */
function defined<T extends object>(settings: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(settings ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

interface Locator {
  readonly document: Document;
  readonly lines: LineCounter;
}

type Path = readonly PropertyKey[];

interface Issue {
  readonly code?: string | undefined;
  readonly path: Path;
  readonly message: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
}

function describe(issue: Issue, locator: Locator): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path);
    return (issue.keys ?? []).map((key) => unknownKey(issue.path, key, known, locator));
  }
  if (issue.code === 'invalid_value') return [unknownWord(issue, locator)];
  const value = locator.document.getIn(issue.path) as unknown;
  const isScalar = value === null || typeof value !== 'object';
  const [, allowed] = /^Invalid input: expected (.*?)(, received .*)?$/.exec(issue.message) ?? [];
  return [
    {
      setting: formatPath(issue.path),
      ...placeOf(issue.path, locator),
      found: value === undefined ? 'no value' : isScalar ? showValue(String(value), false) : 'a list or a mapping',
      allowed: allowed === undefined ? issue.message : describeType(allowed),
      fix: 'correct it',
    },
  ];
}

function unknownWord({ path, values = [] }: Issue, locator: Locator): Problem {
  const value = String(locator.document.getIn(path));
  const known = values.map(String);
  const nearest = suggest(value, known);
  return {
    setting: formatPath(path),
    ...placeOf(path, locator),
    found: showValue(value, false),
    allowed: known.join(', '),
    fix: nearest === undefined ? 'use one of these' : `write ${nearest}`,
  };
}

function describeType(type: string): string {
  const names: Readonly<Record<string, string>> = {
    object: 'a mapping (key: value)',
    record: 'a mapping (key: value)',
    array: 'a list',
    string: 'a text',
    number: 'a number',
    boolean: 'true or false',
  };
  return names[type] ?? type;
}

function unknownKey(path: Path, key: string, known: readonly string[], locator: Locator): Problem {
  const nearest = suggest(key, known);
  return {
    setting: formatPath([...path, key]),
    ...placeOf([...path, key], locator),
    found: 'a key that nothing reads',
    allowed: known.join(', '),
    fix: nearest === undefined ? 'remove it' : `rename it to ${nearest}`,
  };
}

/** Place of the key that a path ends with, or of the nearest node above it that is written down. */
function placeOf(path: Path, { document, lines }: Locator): Pick<Problem, 'file' | 'line' | 'column'> {
  const { isMap, isNode } = createRequire(import.meta.url)('yaml') as typeof Yaml;
  for (let depth = path.length; depth > 0; depth--) {
    const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const last = path[depth - 1];
    const pair = isMap(parent) ? parent.items.find(({ key }) => isNode(key) && key.toJSON() === last) : undefined;
    const node = pair === undefined ? document.getIn(path.slice(0, depth), true) : pair.key;
    if (isNode(node) && node.range) return place(lines, node.range[0]);
  }
  return { file: POLICY_FILE };
}

function place(lines: LineCounter, offset: number): Pick<Problem, 'file' | 'line' | 'column'> {
  const { line, col } = lines.linePos(offset);
  return { file: POLICY_FILE, line, column: col };
}

function formatPath(path: Path): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? POLICY_FILE : text.replace(/^\./, '');
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

/** Keys allowed at a path, from the JSON Schema. */
function knownKeys(path: Path): string[] {
  let schema: JsonSchema | undefined = policyJsonSchema() as JsonSchema;
  for (const part of path) {
    const next: JsonSchema | boolean | undefined =
      typeof part === 'number' ? schema?.items : (schema?.properties?.[String(part)] ?? schema?.additionalProperties);
    schema = typeof next === 'object' ? next : undefined;
  }
  return Object.keys(schema?.properties ?? {});
}
