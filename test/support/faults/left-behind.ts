import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { linesOf } from '../program.js';
import type { FaultServer } from './server.js';

/** Sessions of ours that are still on these servers when the time for leaving is over. A server that is down holds none. */
export async function leftOn(servers: readonly FaultServer[], limitMs: number): Promise<string[]> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const asked = servers.map((server) =>
      server
        .query<{ left: string }>(
          `SELECT application_name || ': ' || state || ', ' || left(query, 60) AS left FROM pg_stat_activity
           WHERE application_name LIKE 'sentinel/%'
           UNION ALL SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts`,
        )
        .catch(() => []),
    );
    const left = (await Promise.all(asked)).flat().map((row) => `left on the server: ${row.left}`);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(50);
  }
}

/** Tables that were acknowledged on stdout, and that no run of the store holds with that figure. */
export async function notStored(client: pg.Client, stdout: string): Promise<string[]> {
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1);
  const { rows } = await client.query<{ source: string; name: string; rows: number }>(`
    SELECT d.source, d.table_name AS name, t.row_count AS rows FROM sentinel.task t
    JOIN sentinel.dataset d ON d.id = t.dataset JOIN sentinel.run r ON r.id = t.run
    JOIN sentinel.series q ON q.dataset = d.id AND q.metric = 'row_count'
    JOIN sentinel.point p ON p.series = q.id AND p.run = t.run AND p.value = t.row_count
    WHERE t.state = 'ok' AND r.as_of = (SELECT max(as_of) FROM sentinel.run)`);
  const stored = new Set(rows.map(({ source, name, rows: count }) => `${source}.${name} ${count}`));
  return linesOf(whole, 'table')
    .filter(({ status }) => status === 'ok')
    .map(({ source, table, rowCount }) => `${source}.${table} ${rowCount}`)
    .filter((line) => !stored.has(line));
}

/** Whatever a store holds twice. */
export async function twice(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(`
    SELECT concat_ws(' ', 'task', run, dataset) AS line FROM sentinel.task GROUP BY run, dataset HAVING count(*) > 1
    UNION ALL SELECT concat_ws(' ', 'point', run, series) FROM sentinel.point GROUP BY run, series HAVING count(*) > 1
    UNION ALL SELECT concat_ws(' ', 'profile', dataset) FROM sentinel.profile GROUP BY dataset HAVING count(*) > 1
    UNION ALL SELECT concat_ws(' ', 'table', source, schema_name, table_name) FROM sentinel.dataset
      GROUP BY source, schema_name, table_name HAVING count(*) > 1
    UNION ALL SELECT concat_ws(' ', 'series', dataset, source, column_name, metric) FROM sentinel.series
      GROUP BY dataset, source, column_name, metric HAVING count(*) > 1
    UNION ALL (SELECT 'a run more than were begun: ' || label FROM sentinel.run
      WHERE as_of = (SELECT max(as_of) FROM sentinel.run) ORDER BY id OFFSET 2)
    UNION ALL SELECT 'point without run ' || run FROM sentinel.point WHERE run NOT IN (SELECT id FROM sentinel.run)
    UNION ALL SELECT concat_ws(' ', 'finding', run, dataset, source, column_name, metric, check_name, message)
      FROM sentinel.finding GROUP BY run, dataset, source, column_name, metric, check_name, message HAVING count(*) > 1`);
  return rows.map(({ line }) => line);
}
