import { STATE_WORDS } from '../find-tables.js';
import type { Model } from '../model.js';
import { h } from './dom.js';
import { severityTag } from './names.js';

/** What is wrong with a table, or why that is not known. */
export function stateTag(model: Model, index: number): HTMLElement {
  const worst = model.worstOf(index);
  if (worst) return severityTag(worst);
  const { state } = model.data.tables[index]!;
  return h('span', { class: `table-state ${state}` }, STATE_WORDS[state]);
}
