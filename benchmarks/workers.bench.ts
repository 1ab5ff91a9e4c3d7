import { profileAll } from './support/profile-all.js';
import { saveResult } from './support/report.js';
import { startBenchServer } from './support/server.js';
import { makeWideTable } from './support/wide-table.js';

/** The same profile with 1, 2, 4 and 8 worker threads. */
export async function workersBench({ rows }: { readonly rows: number }): Promise<void> {
  const server = await startBenchServer('workers');
  try {
    const client = await server.client();
    await makeWideTable(client, rows);
    await client.end();
    const measured: { workers: number; seconds: number; rowsPerSecond: number; connections: number }[] = [];
    for (const workers of [1, 2, 4, 8]) {
      const { seconds, connectionsPeak } = await profileAll({ connection: server.connection, workers });
      measured.push({ workers, seconds, rowsPerSecond: Math.round(rows / seconds), connections: connectionsPeak });
    }
    console.log(`${rows.toLocaleString('en')} rows × 20 columns`);
    console.log('CONCURRENT_WORKERS  seconds    rows/s  speed-up  connections');
    for (const { workers, seconds, rowsPerSecond, connections } of measured) {
      const speedUp = measured[0]!.seconds / seconds;
      console.log(
        `${String(workers).padStart(18)}  ${seconds.toFixed(2).padStart(7)}  ${rowsPerSecond.toLocaleString('en').padStart(8)}  ${speedUp.toFixed(2).padStart(8)}  ${String(connections).padStart(11)}`,
      );
    }
    saveResult('workers', { postgres: server.version, rows, measured });
  } finally {
    await server.stop();
  }
}
