import type { Finding } from '../model/finding.js';
import type { ColumnProfile, TableProfile } from '../model/profile.js';

/** One run of one source, as OpenLineage sees it: a job that reads tables. */
export interface LineageRun {
  /** URI of the program that says so. */
  readonly producer: string;
  readonly namespace: string;
  readonly job: string;
  /** UUID. */
  readonly runId: string;
}

/** What is told of one table. */
export interface LineageTable {
  readonly server: { readonly host: string; readonly port: number; readonly database: string };
  /** Its values are masked where they look personal. */
  readonly profile: TableProfile;
  readonly judged: boolean;
  readonly findings: readonly Finding[];
}

export type LineageEnd = { readonly type: 'COMPLETE' | 'ABORT' } | { readonly type: 'FAIL'; readonly message: string };

const SPEC = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';
const FACETS = 'https://openlineage.io/spec/facets';

/** A run event (openlineage.io/docs/spec/object-model); metadata of later events of a run adds to that of earlier ones. */
export function startEvent(run: LineageRun, at: Date) {
  return event(run, 'START', at);
}

export function tablesEvent(run: LineageRun, at: Date, tables: readonly LineageTable[]) {
  return { ...event(run, 'RUNNING', at), inputs: tables.map((table) => inputOf(run, table)) };
}

export function endEvent(run: LineageRun, at: Date, end: LineageEnd) {
  const { run: of, ...rest } = event(run, end.type, at);
  if (end.type !== 'FAIL') return { ...rest, run: of };
  const errorMessage = facet(run, '1-0-1/ErrorMessageRunFacet', {
    message: end.message,
    programmingLanguage: 'SQL',
  });
  return { ...rest, run: { ...of, facets: { errorMessage } } };
}

function event({ producer, namespace, job, runId }: LineageRun, eventType: string, at: Date) {
  return {
    eventType,
    eventTime: at.toISOString(),
    producer,
    schemaURL: SPEC,
    run: { runId },
    job: { namespace, name: job },
  };
}

/** Named as the specification names a table of Postgres: the server, and `database.schema.table`. */
function inputOf(run: LineageRun, { server, profile, judged, findings }: LineageTable) {
  const { host, port, database } = server;
  const fields = profile.columns.map(({ name, type }, index) => ({ name, type, ordinal_position: index + 1 }));
  return {
    namespace: `postgres://${host}:${port}`,
    name: [database, profile.schema, profile.table].join('.'),
    facets: { schema: facet(run, '1-2-0/SchemaDatasetFacet', { fields }) },
    inputFacets: {
      dataQualityMetrics: facet(run, '1-0-3/DataQualityMetricsInputDatasetFacet', metricsOf(profile)),
      ...(judged && {
        dataQualityAssertions: facet(run, '1-1-0/DataQualityAssertionsDatasetFacet', {
          assertions: findings.length === 0 ? [NOTHING_FOUND] : findings.map(assertionOf),
        }),
      }),
    },
  };
}

function facet<T extends object>({ producer }: LineageRun, schema: string, content: T) {
  const [, name] = schema.split('/');
  return { _producer: producer, _schemaURL: `${FACETS}/${schema}.json#/$defs/${name}`, ...content };
}

function metricsOf({ rowCount, columns }: TableProfile) {
  return {
    ...(rowCount !== undefined && { rowCount }),
    columnMetrics: Object.fromEntries(columns.map((column) => [column.name, columnMetricsOf(column, rowCount)])),
  };
}

/** The specification's figures are numbers: those of times and texts have no place in it. */
function columnMetricsOf({ nullCount, distinct, min, max, quantiles }: ColumnProfile, rowCount: number | undefined) {
  const numbers = Object.entries(quantiles ?? {}).flatMap(([name, value]) =>
    typeof value === 'number' ? [[String(Number(name.slice(1)) / 100), value]] : [],
  );
  return {
    ...(nullCount !== undefined && { nullCount }),
    ...(nullCount !== undefined && rowCount !== undefined && { count: rowCount - nullCount }),
    ...(distinct && { distinctCount: Math.round(distinct.value) }),
    ...(typeof min === 'number' && { min }),
    ...(typeof max === 'number' && { max }),
    ...(numbers.length > 0 && { quantiles: Object.fromEntries(numbers) }),
  };
}

/** One for the whole table: which of the checks had enough of a past to judge is not claimed. */
const NOTHING_FOUND = {
  assertion: 'sentinel',
  success: true,
  description: 'Nothing is wrong as far as its past can tell.',
};

function assertionOf({ check, column, severity, message, incident, value, expected, metric }: Finding) {
  const { lower, upper } = expected;
  const range = [lower ?? '', upper ?? ''].join(' to ');
  return {
    assertion: check,
    success: severity === 'info',
    ...(column !== undefined && { column }),
    severity: severity === 'critical' ? 'error' : severity,
    ...(incident !== undefined && { name: incident }),
    description: message,
    ...((lower !== undefined || upper !== undefined) && { expected: range.trim() }),
    ...(value !== null && { actual: String(value) }),
    params: { metric },
  };
}
