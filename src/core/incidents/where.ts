import { name } from '../checks/sentence.js';
import type { Incident } from '../model/incident.js';

/** What an incident's findings have in common: `batch.sales.orders`, `batch.sales`, `batch`; empty where they are no longer kept. */
export function whereOf({ findings }: Pick<Incident, 'findings'>): string {
  const paths = findings.map(({ source, schema, table }) => [source, schema, table].filter((part) => part !== null));
  const [first = [], ...rest] = paths;
  let shared = first.length;
  for (const path of rest) {
    let same = 0;
    while (same < shared && same < path.length && path[same] === first[same]) same++;
    shared = same;
  }
  return first.slice(0, shared).map(name).join('.');
}
