import type { ColumnRow, Inheritance, RelationRow } from './catalog-rows.js';

/** Partitions and inheritance among the relations of one database. */
export class RelationTree {
  readonly relations: ReadonlyMap<number, RelationRow>;
  readonly #children = new Map<number, RelationRow[]>();
  readonly #parents = new Map<number, RelationRow[]>();

  constructor(relations: readonly RelationRow[], edges: readonly Inheritance[]) {
    this.relations = new Map(relations.map((relation) => [relation.oid, relation]));
    for (const edge of edges) {
      const parent = this.relations.get(edge.parent);
      const child = this.relations.get(edge.child);
      if (parent === undefined || child === undefined) continue;
      append(this.#children, parent.oid, child);
      append(this.#parents, child.oid, parent);
    }
  }

  /** Everything below, each once, in the order of a walk that sees parents first. */
  descendants(relation: RelationRow): RelationRow[] {
    return walk(relation, this.#children);
  }

  /** Everything above, each once, nearest first. */
  ancestors(relation: RelationRow): RelationRow[] {
    return walk(relation, this.#parents);
  }
}

/**
 * The relation whose rows include this one's, or null where it stands for itself: a partition belongs to its topmost
 * listed parent, an inheritance child to the topmost listed one that has all its columns.
 */
export function mergedInto(
  relation: RelationRow,
  tree: RelationTree,
  isListed: (relation: RelationRow) => boolean,
  columns: ReadonlyMap<number, readonly ColumnRow[]>,
): RelationRow | null {
  const names = (of: RelationRow) => (columns.get(of.oid) ?? []).map((column) => column.name);
  for (const ancestor of tree.ancestors(relation).reverse()) {
    if (!isListed(ancestor) || mergedInto(ancestor, tree, isListed, columns) !== null) continue;
    if (relation.isPartition) return ancestor;
    const known = new Set(names(ancestor));
    if (names(relation).every((name) => known.has(name))) return ancestor;
  }
  return null;
}

function walk(from: RelationRow, next: ReadonlyMap<number, readonly RelationRow[]>): RelationRow[] {
  const seen = new Set<RelationRow>([from]);
  for (const relation of seen) for (const reached of next.get(relation.oid) ?? []) seen.add(reached);
  seen.delete(from);
  return [...seen];
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
