import { type Child, h } from './dom.js';

/** Terms with what is known of them; those with null are left out. */
export function facts(...entries: readonly (readonly [term: string, value: Child])[]): HTMLElement {
  const known = entries.filter(([, value]) => value !== null);
  return h('dl', { class: 'facts' }, ...known.flatMap(([term, value]) => [h('dt', {}, term), h('dd', {}, value)]));
}
