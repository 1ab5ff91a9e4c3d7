import { type CustomMetric, compileCustomMetrics } from '#src/config/policy.js';
import type { TableName } from '#src/config/table-glob.js';
import type { Failure } from '#src/core/model/failure.js';
import type { TableSpec } from '#src/core/model/relation.js';

/** The metrics that sentinel.yaml defines, during one run. */
export interface CustomMetrics {
  /** Those of a table; they count as used from then on. */
  of(table: TableSpec): readonly CustomMetric[];
  /** Why those that no table had could not be measured: a misspelt name must not pass for a metric that is fine. */
  unused(): Failure[];
}

export function customMetrics(metrics: readonly CustomMetric[]): CustomMetrics {
  const metricsOf = compileCustomMetrics(metrics);
  const unused = new Set(metrics);
  return {
    of(table) {
      const found = metricsOf(nameOf(table));
      for (const metric of found) unused.delete(metric);
      return found;
    },
    unused: () =>
      [...unused].map(({ name, match }) => ({
        code: 'metric_without_table',
        message: `sentinel.yaml: the metric ${name} was not measured, as no table that was looked at matches ${match}; correct its match, or remove it`,
        retryable: false,
      })),
  };
}

function nameOf({ source, schema, name }: TableSpec): TableName {
  return { source, schema, table: name };
}
