import { METRICS } from '#src/cli/metrics/definitions.js';

const DEFINED = new Map<string, readonly string[]>(Object.entries(METRICS).map(([name, { labels }]) => [name, labels]));

/** Of the series that a scrape or a metrics file names, ours that no definition has, or not with these labels. */
export function undefinedSeries(names: Iterable<string>): string[] {
  return [...names].filter((series) => {
    if (!series.startsWith('sentinel_')) return false;
    const name = /^\w+/.exec(series)![0];
    const labels = [...series.matchAll(/[{,](\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label!);
    return DEFINED.get(name)?.join() !== labels.join();
  });
}
