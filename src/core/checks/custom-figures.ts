import type { CustomMetricRule, TableHistory } from '../model/history.js';
import { measured } from './past.js';

/** The values of a table's own metrics in this run, each with its rule; what is unknown is left out. */
export function customFigures(history: TableHistory): { readonly rule: CustomMetricRule; readonly value: number }[] {
  return (measured(history)?.metrics ?? []).flatMap((seen) => {
    const rule = history.customMetrics?.find(({ name }) => name === seen.name);
    return rule !== undefined && 'value' in seen && seen.value !== null ? [{ rule, value: seen.value }] : [];
  });
}
