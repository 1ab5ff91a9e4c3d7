import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Zod from 'zod';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { groupBy } from '#src/core/group-by.js';
import type { TablePolicy } from './policy.js';
import { POLICY_FILE } from './policy-file.js';
import type { Problem } from './problem.js';
import { literalGlobPart } from './table-glob.js';

/** What dbt's manifest says of the tables of our sources, as settings of single tables that come after those of sentinel.yaml. */
export interface DbtSettings {
  /** Absolute path. */
  readonly manifest: string;
  readonly tables: readonly TablePolicy[];
}

/** Manifests of large projects have some hundred megabytes. */
const MAX_BYTES = 512 * 2 ** 20;
/** Of what a table feeds. */
const MAX_FEEDS = 50;

/** Read `target/manifest.json` of a dbt project; undefined where that cannot be, which goes to `problems`. */
export function readDbtManifest(
  manifest: string,
  sources: readonly ConnectionSettings[],
  problems: Problem[],
): DbtSettings | undefined {
  try {
    const { size } = statSync(manifest);
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes`);
    return { manifest, tables: dbtTables(JSON.parse(readFileSync(manifest, 'utf8')), sources) };
  } catch (error) {
    problems.push({
      setting: 'dbt.manifest',
      file: POLICY_FILE,
      found: `${manifest}: ${whyNoManifest(error)}`,
      allowed: 'a manifest.json of dbt 1.0 or newer',
      fix: 'run "dbt parse" and name its target/manifest.json, or remove dbt from the file',
    });
    return undefined;
  }
}

/** In plain words, on one line. */
function whyNoManifest(error: unknown): string {
  const { code, issues, message } = error as NodeJS.ErrnoException & {
    readonly issues?: readonly Zod.core.$ZodIssue[];
  };
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'this user has no right to read it';
  if (code === 'EISDIR') return 'that is a folder';
  if (error instanceof SyntaxError) return `it is no JSON (${message.split('\n')[0]})`;
  const [issue] = issues ?? [];
  if (issue === undefined) return message.split('\n')[0]!;
  const [, expected = '', found = ''] = /expected (\w+), received (\w+)/.exec(issue.message) ?? [];
  if (issue.path.length === 0) return `it holds ${TYPES[found] ?? 'something else'}, not a mapping`;
  const key = issue.path.map(String).join(' → ');
  if (found === 'undefined') return `its key ${key} is missing`;
  return `its key ${key} holds ${TYPES[found] ?? 'something else'}, not ${TYPES[expected] ?? 'what dbt writes there'}`;
}

/** What zod calls the types of JSON, in words. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ null: 'null', string: 'a text', number: 'a number', boolean: 'true or false', array: 'a list' },
  ...{ object: 'a mapping', record: 'a mapping' },
};

/** A manifest (docs.getdbt.com/reference/artifacts/manifest-json) as settings of tables; throws where it is none. */
export function dbtTables(
  manifest: unknown,
  sources: readonly Pick<ConnectionSettings, 'name' | 'database'>[],
): TablePolicy[] {
  const { nodes, sources: raw, exposures, groups } = manifestSchema().parse(manifest);
  const ownersOfGroups = new Map(Object.values(groups).map(({ name, owner }) => [name, owner.name ?? owner.email]));
  const all = { ...nodes, ...raw };
  const children = childrenOf({ ...all, ...exposures });
  return Object.entries(all).flatMap(([id, node]) => {
    if (!isTable(node)) return [];
    const table = node.identifier ?? node.alias ?? node.name;
    const owner = node.config?.meta?.owner ?? node.meta?.owner ?? ownersOfGroups.get(node.group ?? '');
    const feeds = downstream(id, children).flatMap((child) => {
      const exposure = exposures[child];
      if (exposure) return [`${exposure.type ?? 'exposure'} ${exposure.label ?? exposure.name}`];
      const fed = all[child];
      return fed && isTable(fed) ? [`${fed.schema}.${fed.alias ?? fed.name}`] : [];
    });
    const settings = {
      ...(typeof owner === 'string' && owner !== '' && { owner }),
      ...(node.description !== '' && { description: node.description }),
      ...(feeds.length > 0 && { feeds: feeds.slice(0, MAX_FEEDS) }),
    };
    if (Object.keys(settings).length === 0) return [];
    return sources
      .filter(({ database }) => database === node.database)
      .map(({ name }) => ({ match: [name, node.schema, table].map(literalGlobPart).join('.'), ...settings }));
  });
}

const TABLES: ReadonlySet<string> = new Set(['model', 'seed', 'snapshot', 'source']);

/** True for what is a table or view in the warehouse. */
function isTable(node: {
  readonly resource_type: string;
  readonly config?: { readonly materialized?: string | null | undefined } | null | undefined;
}): boolean {
  return TABLES.has(node.resource_type) && node.config?.materialized !== 'ephemeral';
}

function childrenOf(all: Readonly<Record<string, { readonly depends_on: { readonly nodes: readonly string[] } }>>) {
  const edges = Object.entries(all).flatMap(([id, { depends_on }]) =>
    depends_on.nodes.map((parent) => ({ parent, id })),
  );
  return groupBy(edges, ({ parent }) => parent);
}

/** Everything that is made from a node, the nearest first, each once. */
function downstream(id: string, children: ReturnType<typeof childrenOf>): string[] {
  const found = new Set<string>();
  for (let level = [id]; level.length > 0 && found.size < MAX_FEEDS; ) {
    level = level
      .flatMap((each) => children.get(each)?.map((edge) => edge.id) ?? [])
      .filter((each) => each !== id && !found.has(each));
    for (const each of level) found.add(each);
  }
  return [...found];
}

let loaded: ReturnType<typeof buildSchema> | undefined;

function manifestSchema() {
  loaded ??= buildSchema(createRequire(import.meta.url)('zod') as typeof Zod);
  return loaded;
}

/** Of the format, what is read; it has had these fields since version 4 (dbt 1.0). */
function buildSchema({ z }: typeof Zod) {
  const meta = z.object({ owner: z.unknown() }).partial().nullish();
  const owner = z.object({ name: z.string().nullish(), email: z.unknown() }).partial();
  const dependsOn = z.object({ nodes: z.array(z.string()).default([]) }).default({ nodes: [] });
  const node = z.object({
    resource_type: z.string(),
    database: z.string().nullish(),
    schema: z.string(),
    name: z.string(),
    alias: z.string().nullish(),
    identifier: z.string().nullish(),
    description: z
      .string()
      .nullish()
      .transform((text) => text?.trim() ?? ''),
    meta,
    config: z.object({ meta, materialized: z.string().nullish() }).partial().nullish(),
    group: z.string().nullish(),
    depends_on: dependsOn,
  });
  const exposure = z.object({
    name: z.string(),
    label: z.string().nullish(),
    type: z.string().nullish(),
    depends_on: dependsOn,
  });
  return z.object({
    nodes: z.record(z.string(), node),
    sources: z.record(z.string(), node).default({}),
    exposures: z.record(z.string(), exposure).default({}),
    groups: z.record(z.string(), z.object({ name: z.string(), owner })).default({}),
  });
}
