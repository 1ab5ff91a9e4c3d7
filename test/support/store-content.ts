import pg from 'pg';

/** What a store holds, by kind of thing; rows are sorted, so that equal content compares as equal. */
export type StoreContent = Readonly<Record<string, readonly string[]>>;

/**
 * Everything in a metadata store that a user could tell two stores apart by, without what no two runs share: ids, labels,
 * times, durations, attempts. Runs are named by their order (`run 1`), incidents by what they are about. Encoded states are
 * compared by their hash: the same rows and clock (`--as-of`) give the same bytes, however they were read.
 */
export async function storeContent(client: pg.Client, schema = 'sentinel'): Promise<StoreContent> {
  const s = pg.escapeIdentifier(schema);
  const content: Record<string, string[]> = {};
  for (const [name, sql] of Object.entries(queries(s))) {
    const { rows } = await client.query<{ line: string }>(
      `WITH ${names(s)} SELECT line::text FROM (${sql}) AS q (line)`,
    );
    content[name] = rows.map(({ line }) => line).sort();
  }
  return content;
}

/** Names that are the same in every store. */
const names = (s: string) => `
  runs AS (SELECT id, label, 'run ' || row_number() OVER (ORDER BY id) AS run FROM ${s}.run),
  tables AS (SELECT id, concat_ws('.', source, schema_name, table_name) AS name FROM ${s}.dataset)`;

/** Each gives one \`jsonb\` a row. */
const queries = (s: string): Readonly<Record<string, string>> => ({
  runs: `SELECT jsonb_build_array(r.run, o.command, o.state) FROM ${s}.run o JOIN runs r USING (id)`,
  tables: `
    SELECT jsonb_build_array(t.name, d.kind, f.run, l.run, g.run, d.gone_judged)
    FROM ${s}.dataset d JOIN tables t USING (id) JOIN runs f ON f.id = d.first_seen_run
    JOIN runs l ON l.id = d.last_seen_run LEFT JOIN runs g ON g.id = d.gone_since`,
  columns: `
    SELECT jsonb_build_array(t.name, c.name, f.run, g.run)
    FROM ${s}.dataset_column c JOIN tables t ON t.id = c.dataset
    LEFT JOIN runs f ON f.id = c.first_seen_run LEFT JOIN runs g ON g.id = c.gone_since`,
  shapes: `
    SELECT jsonb_build_array(t.name, v.version, r.run, v.columns, v.primary_key)
    FROM ${s}.schema_version v JOIN tables t ON t.id = v.dataset JOIN runs r ON r.id = v.run`,
  tasks: `
    SELECT jsonb_build_array(r.run, t.name, k.state, k.row_count, k.judged, k.failure -> 'code')
    FROM ${s}.task k JOIN tables t ON t.id = k.dataset JOIN runs r ON r.id = k.run`,
  points: `
    SELECT jsonb_build_array(r.run, t.name, q.column_name, q.metric, p.value::text, p.std_error::text, p.flags)
    FROM ${s}.point p JOIN ${s}.series q ON q.id = p.series LEFT JOIN tables t ON t.id = q.dataset JOIN runs r ON r.id = p.run`,
  profiles: `
    SELECT jsonb_build_array(t.name, r.run, p.mode, p.consistent, md5(p.state), p.state_version, p.summary - 'durationMs')
    FROM ${s}.profile p JOIN tables t ON t.id = p.dataset JOIN runs r ON r.id = p.run`,
  events: `
    SELECT jsonb_build_array(t.name, r.run, md5(h.events), md5(h.first_seen), md5(h.first_seen_before))
    FROM ${s}.event_history h JOIN tables t ON t.id = h.dataset JOIN runs r ON r.id = h.run`,
  sources: `
    SELECT jsonb_build_array(r.run, i.source, i.reached, i.schemas, i.slots, i.failure -> 'code', i.judged)
    FROM ${s}.source_inventory i JOIN runs r ON r.id = i.run`,
  findings: `
    SELECT jsonb_build_array(r.run, f.source, f.schema_name, t.name, f.column_name, f.object, f.metric, f.check_name,
      f.severity, f.value_number::text, f.value_text, f.expected_lower, f.expected_upper, f.score, f.message, f.cause, n.fingerprint)
    FROM ${s}.finding f JOIN runs r ON r.id = f.run LEFT JOIN tables t ON t.id = f.dataset
    LEFT JOIN ${s}.incident n ON n.label = f.incident`,
  incidents: `
    SELECT jsonb_build_array(n.fingerprint, n.state, n.severity, n.score, n.title, n.cause, n.owner, f.run, l.run, n.clean_runs)
    FROM ${s}.incident n JOIN runs f ON f.id = n.first_run JOIN runs l ON l.id = n.last_run`,
  'events of incidents': `
    SELECT jsonb_build_array(n.fingerprint, r.run, e.actor, e.action, e.reason, e.details)
    FROM ${s}.incident_event e JOIN ${s}.incident n ON n.id = e.incident LEFT JOIN runs r ON r.label = e.run`,
  alerts: `
    SELECT jsonb_build_array(n.fingerprint, a.sink, a.state)
    FROM ${s}.alert_delivery a LEFT JOIN ${s}.incident n ON n.id = a.incident`,
});
