export const selectSeries = (s: string) => `
SELECT id, dataset, column_name, metric FROM ${s}.series WHERE dataset = ANY ($1::bigint[])`;

/** By row: `$1` dataset, `$2` source, `$3` column, `$4` metric. */
export const insertSeries = (s: string) => `
INSERT INTO ${s}.series (dataset, source, column_name, metric)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
RETURNING id, dataset, column_name, metric`;

/** `$1` run; by row: `$2` series, `$3` value, `$4` standard error. */
export const upsertPoints = (s: string) => `
INSERT INTO ${s}.point (series, run, time, value, std_error)
SELECT u.series, $1, (SELECT as_of FROM ${s}.run WHERE id = $1), u.value, u.std_error
FROM unnest($2::bigint[], $3::float8[], $4::float8[]) AS u (series, value, std_error)
ON CONFLICT (series, run) DO UPDATE SET time = excluded.time, value = excluded.value, std_error = excluded.std_error`;

/** Figures of run `$1` of datasets `$2`: before they are written again, perhaps with fewer of them. */
export const deletePoints = (s: string) => `
DELETE FROM ${s}.point p USING ${s}.series q WHERE q.dataset = ANY ($2::bigint[]) AND p.series = q.id AND p.run = $1`;
