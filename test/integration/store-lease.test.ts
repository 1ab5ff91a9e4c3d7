import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../support/held-server.js';
import { type TestServer, testServer } from '../support/postgres.js';
import { day, openTestStore, storeOptions, tableRecord } from '../support/store-records.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

const RUN = { command: 'run', startedAt: day(0), asOf: day(0) };

describe('the right to write', () => {
  test('a second writer is told who holds it, and gets it when the first has given it back', async () => {
    const database = await server.createDatabase();
    const store = await openTestStore(database);
    const first = await store.acquireWriter('nightly run');
    const refused = await store.acquireWriter('second').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'store_busy', failure: { retryable: false } });
    expect((refused as Error).message).toContain(`"nightly run" (process ${process.pid} on ${hostname()}, since 20`);
    const elsewhere = await openTestStore(database, { schema: 'elsewhere' });
    await (await elsewhere.acquireWriter('another store')).release();
    await first.release();
    const second = await store.acquireWriter('second');
    expect(second.epoch).toBe(first.epoch + 1);
    await expect(first.beginRun(RUN)).rejects.toMatchObject({ code: 'writer_released' });
    await second.release();
    await store.close();
    await elsewhere.close();
  });

  test('a writer whose epoch has passed writes nothing, now and later', async () => {
    const database = await server.createDatabase();
    const store = await openTestStore(database);
    const writer = await store.acquireWriter('old');
    const run = await writer.beginRun(RUN);
    await (await database.client()).query('UPDATE sentinel.lease SET epoch = epoch + 1');
    await expect(writer.persistTables(run, [tableRecord('t')])).rejects.toMatchObject({ code: 'lease_lost' });
    await (await database.client()).query('UPDATE sentinel.lease SET epoch = epoch - 1');
    await expect(writer.persistTables(run, [tableRecord('t')])).rejects.toMatchObject({ code: 'lease_lost' });
    expect(await store.tasksOf(run.id)).toEqual([]);
    await writer.release();
    await store.close();
  });

  test('a writer cut off while another took over is refused when it comes back', async () => {
    const database = await server.createDatabase();
    const store = await openTestStore(database);
    const cutOff = await store.acquireWriter('cut off');
    const run = await cutOff.beginRun(RUN);
    await (await database.client()).query(`SELECT pg_terminate_backend(backend_pid) FROM sentinel.lease`);
    const other = await takeOver(store);
    await other.release();
    await expect(cutOff.persistTables(run, [tableRecord('t')])).rejects.toMatchObject({ code: 'lease_lost' });
    await store.close();
  });

  test('connections killed again and again in the middle of writing: nothing lost, nothing doubled', async () => {
    const database = await server.createDatabase();
    const store = await openTestStore(database, { batchSize: 7 });
    const writer = await store.acquireWriter('test');
    const run = await writer.beginRun(RUN);
    const client = await database.client();
    let writing = true;
    let kills = 0;
    const killer = (async () => {
      while (writing && kills < 4) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const { rows } = await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE '%/writer' AND state <> 'idle' AND xact_start IS NOT NULL`);
        kills += rows.length;
      }
    })();
    let tasks = 0;
    for (; tasks < 80 || kills < 3; tasks += 2)
      await writer.persistTables(run, [tableRecord(`a${tasks}`), tableRecord(`b${tasks}`)]);
    writing = false;
    await killer;
    const counts = await client.query(`SELECT (SELECT count(*)::int FROM sentinel.task) AS tasks,
      (SELECT count(*)::int FROM sentinel.dataset) AS datasets, (SELECT count(*)::int FROM sentinel.series) AS series,
      (SELECT count(*)::int FROM sentinel.point) AS points, (SELECT count(*)::int FROM sentinel.schema_version) AS shapes`);
    expect(counts.rows).toEqual([{ tasks, datasets: tasks, series: 3 * tasks, points: 3 * tasks, shapes: tasks }]);
    await writer.release();
    await store.close();
  });

  test('kill -9 in the middle of a run: what was acknowledged is there, and the next run takes over', async () => {
    const database = await server.createDatabase();
    const program = join(ROOT, 'test', 'support', 'store-writer-process.ts');
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions', '@sentinel/source', program, JSON.stringify(storeOptions(database))],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let label = '';
    let acknowledged = 0;
    for await (const line of createInterface(child.stdout)) {
      if (label === '') label = line;
      else acknowledged = Number(line);
      if (acknowledged >= 5) break;
    }
    child.kill('SIGKILL');
    const store = await openTestStore(database);
    const writer = await store.acquireWriter('next');
    const killed = (await store.latestRun({ label }))!;
    const tasks = await store.tasksOf(killed.id);
    expect(tasks.length).toBeGreaterThanOrEqual(acknowledged);
    const client = await database.client();
    const whole = await client.query(`SELECT d.table_name, count(*)::int AS points FROM sentinel.point p
      JOIN sentinel.series q ON q.id = p.series JOIN sentinel.dataset d ON d.id = q.dataset GROUP BY 1`);
    expect(whole.rows.map(({ table_name, points }) => [table_name, points]).sort()).toEqual(
      tasks.map(({ table }) => [table, 3]).sort(),
    );
    const next = await writer.beginRun({ ...RUN, startedAt: day(1) });
    expect(await store.latestRun({ label })).toMatchObject({ state: 'interrupted' });
    expect(await store.latestRun()).toMatchObject({ id: next.id, state: 'running' });
    await writer.resumeRun(killed);
    expect(await store.latestRun({ label })).toMatchObject({ state: 'running' });
    await writer.release();
    await store.close();
  });
});

/** The server needs a moment to end a killed session. */
async function takeOver(store: Awaited<ReturnType<typeof openTestStore>>) {
  for (;;) {
    try {
      return await store.acquireWriter('other');
    } catch (error) {
      if ((error as { code?: string }).code !== 'store_busy') throw error;
    }
  }
}
