import type pg from 'pg';
import type { DiscoverySettings } from '#src/contract/messages.js';
import type { Discovery, OmittedRelation } from '#src/coordinator/ports.js';
import { isEventKind } from '#src/core/events/event-clock.js';
import type { RelationName } from '#src/core/model/dependency.js';
import type { ColumnSpec, TableSpec } from '#src/core/model/relation.js';
import { readDependencies } from './catalog-dependencies.js';
import { KINDS, planReading } from './catalog-parts.js';
import {
  type CatalogFacts,
  type ColumnRow,
  type RelationRow,
  readColumns,
  readFacts,
  readInheritance,
  readPrimaryKeys,
  readRelations,
  readTypes,
} from './catalog-rows.js';
import { columnKey, readStatistics, type StatisticsByColumn } from './catalog-statistics.js';
import { mergedInto, RelationTree } from './catalog-tree.js';
import { planView } from './catalog-views.js';
import { readInventory } from './inventory.js';
import { quoteIdentifier, quoteQualified } from './quote.js';
import { type TypeRow, valueKind } from './value-kind.js';

export interface DiscoveryOptions extends DiscoverySettings {
  readonly source: string;
}

/** SQLSTATE `lock_not_available`. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * What a source holds: every table, partitioned table and materialised view, and the views and foreign tables that are
 * let in, each with the heaps to read. A fixed number of set-based catalog queries, and one EXPLAIN for each view.
 * `client` must be inside a READ ONLY transaction with its guards set; its search_path is set for that transaction.
 */
export async function discoverTables(client: pg.Client, options: DiscoveryOptions): Promise<Discovery> {
  // Names of types are printed with their schema whatever the role's search_path is, so they compare between runs.
  await client.query('SET LOCAL search_path = pg_catalog, pg_temp');
  const facts = await readFacts(client);
  const relations = await readRelationsWithoutWaiting(client);
  const tree = new RelationTree(relations, await readInheritance(client, facts.version));
  const excluded = new Set(options.excludeSchemas);
  const isListed = (relation: RelationRow) => !relation.extensionOwned && !excluded.has(relation.schema);
  // The columns of a merged partition are those of its parent, so only the parent's are asked for.
  const shaped = relations.filter(
    (relation) =>
      isListed(relation) && !(relation.isPartition && mergedInto(relation, tree, isListed, new Map()) !== null),
  );
  const columns = await readColumns(client, shaped);
  const types = await readTypes(client, columns.values());
  const keys = await readPrimaryKeys(client, shaped);
  const statistics = await readStatistics(client, timeColumns(shaped, columns, types));

  const tables: TableSpec[] = [];
  const omitted: OmittedRelation[] = [];
  const merged: { relation: RelationRow; into: RelationRow }[] = [];
  const leftOut = new Map<number, string>();
  for (const relation of relations) {
    if (excluded.has(relation.schema)) continue;
    if (relation.extensionOwned) {
      omitted.push(omission(relation, 'belongs to an extension'));
      continue;
    }
    const into = mergedInto(relation, tree, isListed, columns);
    if (into !== null) {
      merged.push({ relation, into });
      continue;
    }
    const reading = planReading(relation, tree, facts, options);
    if ('refusal' in reading) {
      omitted.push(omission(relation, reading.refusal));
      continue;
    }
    const own = columns.get(relation.oid) ?? [];
    let { estimatedRows } = reading;
    if (relation.relkind === 'v' || relation.relkind === 'f') {
      if (!relation.selectable && !own.some((column) => column.readable)) {
        omitted.push(omission(relation, missingPrivilege(relation, facts)));
        continue;
      }
    }
    if (relation.relkind === 'v') {
      const plan = await planView(client, relation, own, {
        maxCost: options.views.maxCost,
        foreignTables: options.foreignTables,
      });
      if ('refusal' in plan) {
        omitted.push(omission(relation, plan.refusal));
        continue;
      }
      estimatedRows = plan.rows;
    }
    for (const member of reading.leftOut) leftOut.set(member.relation.oid, member.reason);
    tables.push({
      source: options.source,
      schema: relation.schema,
      name: relation.name,
      oid: relation.oid,
      kind: KINDS[relation.relkind],
      bytes: reading.bytes,
      estimatedRows,
      columns: own.map((column) => columnSpec(relation, column, types, statistics)),
      parts: reading.parts,
      lockable: reading.lockable,
      primaryKey: keyNames(keys.get(relation.oid) ?? [], own),
      ...(!relation.selectable && { grant: missingGrant(relation, facts) }),
    });
  }
  for (const { relation, into } of merged) {
    const reason = leftOut.get(relation.oid);
    omitted.push(reason === undefined ? mergedOmission(relation, into) : omission(relation, reason));
  }
  const names = namesByOid(relations.filter(isListed), merged);
  const dependencies = await readDependencies(client, (oid) => names.get(oid));
  return { tables, omitted, dependencies, inventory: await readInventory(client, facts, options.excludeSchemas) };
}

/** What each relation is known as: what is merged into another, as that. */
function namesByOid(
  listed: readonly RelationRow[],
  merged: readonly { readonly relation: RelationRow; readonly into: RelationRow }[],
): Map<number, RelationName> {
  const names = new Map(listed.map(({ oid, schema, name }) => [oid, { schema, table: name }]));
  for (const { relation, into } of merged) names.set(relation.oid, names.get(into.oid)!);
  return names;
}

/** Sizes come from the files; where a lock keeps even that waiting, from the catalog. */
async function readRelationsWithoutWaiting(client: pg.Client): Promise<RelationRow[]> {
  await client.query('SAVEPOINT sentinel_sizes');
  try {
    return await readRelations(client, true);
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    await client.query('ROLLBACK TO SAVEPOINT sentinel_sizes');
    return await readRelations(client, false);
  } finally {
    await client.query('RELEASE SAVEPOINT sentinel_sizes').catch(() => undefined); // only fails after another error
  }
}

function omission(relation: RelationRow, reason: string): OmittedRelation {
  return { schema: relation.schema, name: relation.name, kind: KINDS[relation.relkind], reason };
}

function mergedOmission(relation: RelationRow, into: RelationRow): OmittedRelation {
  const name = `${into.schema}.${into.name}`;
  const reason = `${relation.isPartition ? 'partition' : 'inheritance child'} of ${name}`;
  return { ...omission(relation, reason), mergedInto: name };
}

function missingPrivilege(relation: RelationRow, facts: CatalogFacts): string {
  const what = relation.schemaUsable ? 'no SELECT privilege' : 'no USAGE privilege on its schema';
  return `${what}: ${missingGrant(relation, facts)}`;
}

/** Whether the role has SELECT cannot be asked where it lacks USAGE, so that both are granted. */
function missingGrant(relation: RelationRow, facts: CatalogFacts): string {
  const role = quoteIdentifier(facts.role);
  const select = `GRANT SELECT ON ${quoteQualified(relation.schema, relation.name)} TO ${role}`;
  if (relation.schemaUsable) return select;
  return `GRANT USAGE ON SCHEMA ${quoteIdentifier(relation.schema)} TO ${role}; ${select}`;
}

function columnSpec(
  { schema, name }: RelationRow,
  column: ColumnRow,
  types: ReadonlyMap<number, TypeRow>,
  known: StatisticsByColumn,
): ColumnSpec {
  const { typeOid, ...spec } = column;
  const kind = valueKind(typeOid, types);
  const statistics = isEventKind(kind) ? known.get(columnKey({ schema, table: name, column: column.name })) : undefined;
  return { ...spec, kind, ...(statistics && { statistics }) };
}

/** Only what may be an insert time is asked for. */
function timeColumns(
  relations: readonly RelationRow[],
  columns: ReadonlyMap<number, readonly ColumnRow[]>,
  types: ReadonlyMap<number, TypeRow>,
) {
  return relations.flatMap(({ oid, schema, name }) =>
    (columns.get(oid) ?? [])
      .filter(({ typeOid }) => isEventKind(valueKind(typeOid, types)))
      .map((column) => ({ schema, table: name, column: column.name })),
  );
}

function keyNames(positions: readonly number[], columns: readonly ColumnRow[]): string[] {
  const names = new Map(columns.map((column) => [column.position, column.name]));
  return positions.flatMap((position) => names.get(position) ?? []);
}
