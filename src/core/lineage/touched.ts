import { tableName } from '../checks/sentence.js';
import { groupBy } from '../group-by.js';
import type { Dependency, RelationName } from '../model/dependency.js';
import type { Finding } from '../model/finding.js';

/** What else is hit where something is wrong with tables. */
export interface Touched {
  /** What is made from them: views, tables, dashboards; the nearest first. */
  readonly feeds: readonly string[];
  /** Tables whose rows refer to theirs. */
  readonly referencedBy: readonly string[];
}

export type TouchedBy = (source: string, tables: readonly RelationName[]) => Touched;

/** What else the tables of an incident touch, by its findings. */
export function ofFindings(touchedBy: TouchedBy, findings: readonly Finding[]): Touched {
  const tables = findings.flatMap(({ schema, table }) =>
    schema === null || table === null ? [] : [{ schema, table }],
  );
  return touchedBy(findings[0]?.source ?? '', tables);
}

/**
 * What else tables touch: what is declared of them (`declared`), then the views over them, over those views and so on, and the
 * tables whose foreign keys point at them. None of the tables themselves is named.
 */
export function compileTouched(
  dependencies: ReadonlyMap<string, readonly Dependency[]>,
  declared: (name: RelationName & { readonly source: string }) => readonly string[],
): TouchedBy {
  const bySource = new Map([...dependencies].map(([source, all]) => [source, dependentsOf(all)]));
  return (source, tables) => {
    const own = new Set(tables.map(tableName));
    const others = (names: Iterable<string>) => [...new Set(names)].filter((each) => !own.has(each));
    const dependents = bySource.get(source);
    return {
      feeds: others([
        ...tables.flatMap((table) => declared({ source, ...table })),
        ...(dependents?.views(tables) ?? []),
      ]),
      referencedBy: others(dependents?.references(tables) ?? []),
    };
  };
}

function dependentsOf(all: readonly Dependency[]) {
  const [views, keys] = (['view', 'foreign key'] as const).map((kind) =>
    groupBy(
      all.filter(({ by }) => by === kind),
      ({ on }) => tableName(on),
    ),
  ) as [Map<string, Dependency[]>, Map<string, Dependency[]>];
  return {
    views(tables: readonly RelationName[]): Set<string> {
      const found = new Set<string>();
      for (let level = tables.map(tableName); level.length > 0; ) {
        const next = level.flatMap((each) => views.get(each)?.map(({ dependent }) => tableName(dependent)) ?? []);
        level = [...new Set(next)].filter((each) => !found.has(each));
        for (const each of level) found.add(each);
      }
      return found;
    },
    references: (tables: readonly RelationName[]) =>
      tables.flatMap((table) => keys.get(tableName(table))?.map(({ dependent }) => tableName(dependent)) ?? []),
  };
}
