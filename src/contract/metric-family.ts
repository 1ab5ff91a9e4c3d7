/** Names and values that tell the series of one metric apart. */
export type Labels = Readonly<Record<string, string>>;

/** One metric of Prometheus with its samples. */
export interface MetricFamily {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  /** One line. */
  readonly help: string;
  readonly samples: readonly (readonly [labels: Labels, value: number])[];
}
