import type { PartSpec, RelationKind } from '#src/core/model/relation.js';
import type { CatalogFacts, RelationRow, RelKind } from './catalog-rows.js';
import type { RelationTree } from './catalog-tree.js';

/** What is read to profile one table, or why it cannot be. */
export type Reading =
  | {
      readonly parts: PartSpec[];
      readonly bytes: number;
      readonly estimatedRows: number;
      readonly lockable: boolean;
      /** Members whose rows are left out, each with the reason. */
      readonly leftOut: { readonly relation: RelationRow; readonly reason: string }[];
    }
  | { readonly refusal: string };

export const KINDS: Readonly<Record<RelKind, RelationKind>> = {
  r: 'table',
  p: 'partitioned table',
  m: 'materialized view',
  v: 'view',
  f: 'foreign table',
};

/** Postgres 12 and 13 have no TID range scan: each chunk would read the whole table. */
const TID_RANGE_SCAN_SINCE = 140000;
/** Before it `LOCK TABLE parent` asked for privileges on every child too. */
const LOCK_CHECKS_PARENT_ONLY_SINCE = 130000;

/**
 * Plan how to read a table: its heaps one by one where that shows the same rows as reading the table itself (the role
 * may SELECT each of them and no row security applies), else through the table in one stream.
 */
export function planReading(
  relation: RelationRow,
  tree: RelationTree,
  facts: CatalogFacts,
  options: { readonly foreignTables: boolean },
): Reading {
  const below = tree.descendants(relation).filter((member) => member.relkind !== 'p');
  const members = relation.relkind === 'p' ? below : [relation, ...below];
  const refused = members.flatMap((member) => {
    const reason = refusal(member, facts, options);
    return reason === null ? [] : [{ relation: member, reason }];
  });
  if (refused.some((one) => one.relation === relation)) return { refusal: refused[0]?.reason ?? '' };

  const direct =
    !relation.rowSecurity &&
    members.every((member) => member === relation || (member.selectable && !member.rowSecurity));
  const read = members.filter((member) => !refused.some((one) => one.relation === member));
  const whole = below.length === 0 && relation.relkind !== 'p';
  const streamed = !whole && (!direct || read.length === 0);
  if (streamed && refused.length > 0) {
    return { refusal: `can only be read whole, and ${refused[0]?.relation.name} in it is a ${refused[0]?.reason}` };
  }
  const parts = streamed ? [throughParent(relation, read, facts)] : read.map((member) => ownPart(member, facts));
  const lockable =
    (relation.relkind === 'r' || relation.relkind === 'p') &&
    relation.selectable &&
    (facts.version >= LOCK_CHECKS_PARENT_ONLY_SINCE || !streamed || members.every((member) => member.selectable));
  return {
    parts,
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    estimatedRows: sumOfEstimates(read),
    lockable,
    leftOut: refused,
  };
}

/** Why the role or the user's choice keeps this relation from being read at all; null where nothing does. */
function refusal(
  relation: RelationRow,
  facts: CatalogFacts,
  options: { readonly foreignTables: boolean },
): string | null {
  if (relation.relkind === 'f' && !options.foreignTables) return 'foreign table: opt in with foreignTables: true';
  if (relation.unlogged && facts.inRecovery) return 'unlogged table: cannot be read on a standby';
  if (relation.relkind === 'm' && !relation.populated) return 'materialised view is not populated';
  return null;
}

function ownPart(relation: RelationRow, facts: CatalogFacts): PartSpec {
  const stored = relation.relkind === 'r' || relation.relkind === 'm';
  return {
    schema: relation.schema,
    name: relation.name,
    oid: relation.oid,
    kind: KINDS[relation.relkind],
    bytes: relation.bytes,
    only: relation.relkind === 'r',
    guarded: isGuarded(relation, facts),
    // A range of ctid cannot be asked for with privileges on columns only.
    chunkable: stored && relation.heap && relation.selectable && facts.version >= TID_RANGE_SCAN_SINCE,
  };
}

function throughParent(relation: RelationRow, members: readonly RelationRow[], facts: CatalogFacts): PartSpec {
  return {
    schema: relation.schema,
    name: relation.name,
    oid: relation.oid,
    kind: KINDS[relation.relkind],
    bytes: members.reduce((sum, member) => sum + member.bytes, 0),
    only: false,
    guarded: members.some((member) => isGuarded(member, facts)),
    chunkable: false,
  };
}

/** Without TOAST a row fits a page, unless it comes from elsewhere; another encoding may grow on its way to UTF-8. */
function isGuarded(relation: RelationRow, facts: CatalogFacts): boolean {
  return !facts.utf8 || relation.toasted || relation.relkind === 'v' || relation.relkind === 'f';
}

function sumOfEstimates(members: readonly RelationRow[]): number {
  const known = members.filter((member) => member.estimatedRows >= 0);
  return known.length === 0 && members.length > 0 ? -1 : known.reduce((sum, member) => sum + member.estimatedRows, 0);
}
