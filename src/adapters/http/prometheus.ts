import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { MetricFamily } from '#src/contract/metric-family.js';

/** Gauges of Node whose names end as those of counters do: `promtool check metrics` refuses them, and each has one without. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** What `/metrics` sends: this process's own figures, and `read()` as it is at that moment. */
export function prometheusMetrics(read: () => Promise<readonly MetricFamily[]>): {
  readonly contentType: string;
  text(): Promise<string>;
} {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  for (const name of MISNAMED) ofProcess.removeSingleMetric(name);
  return {
    contentType: ofProcess.contentType,
    async text() {
      const ours = new Registry(); // a new one each time: what has no sample any more is not there any more
      for (const family of await read()) register(family, ours);
      return `${await ours.metrics()}\n${await ofProcess.metrics()}`;
    },
  };
}

function register({ name, help, type, samples }: MetricFamily, registry: Registry): void {
  if (samples.length === 0) return;
  const labelNames = Object.keys(samples[0]![0]);
  const settings = { name, help, labelNames, registers: [registry] };
  if (type === 'counter') {
    const counter = new Counter(settings);
    for (const [labels, value] of samples) counter.inc(labels, value);
  } else {
    const gauge = new Gauge(settings);
    for (const [labels, value] of samples) gauge.set(labels, value);
  }
}
