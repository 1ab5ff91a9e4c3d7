/** What run `$1` saw of each source, unless a later one has looked since. */
export const upsertDependencies = (s: string) => `
INSERT INTO ${s}.source_dependencies AS known (source, run, dependencies)
SELECT u.source, $1, u.dependencies::jsonb FROM unnest($2::text[], $3::text[]) AS u (source, dependencies)
ON CONFLICT (source) DO UPDATE SET run = excluded.run, dependencies = excluded.dependencies
WHERE known.run <= excluded.run`;

export const selectDependencies = (s: string) => `
SELECT source, dependencies FROM ${s}.source_dependencies WHERE source = ANY ($1::text[])`;
