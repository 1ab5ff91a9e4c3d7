import type { Labels, MetricFamily } from '#src/contract/metric-family.js';

/** Families as text (exposition format 0.0.4); those without samples are left out. */
export function prometheusText(families: readonly MetricFamily[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(([labels, value]) => `${seriesName(name, labels)} ${value}`),
      '',
    ])
    .join('\n');
}

/** A series as its line names it: `name{label="value"}`. */
export function seriesName(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/** Values by `seriesName` of a text that `prometheusText` made; lines that are none of it are passed over. */
export function readSamples(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ');
    const value = Number(line.slice(at + 1));
    if (at > 0 && !line.startsWith('#') && Number.isFinite(value)) samples.set(line.slice(0, at), value);
  }
  return samples;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
