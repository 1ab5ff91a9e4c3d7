import type { ConnectionSettings } from '#src/contract/connection.js';
import { copyFloor } from './support/copy-floor.js';
import { profileAll } from './support/profile-all.js';
import { formatSpread, saveResult, spread } from './support/report.js';
import { startBenchServer } from './support/server.js';
import { makeWideTable, perColumnSql } from './support/wide-table.js';

export interface ProfileBenchOptions {
  readonly rows: number;
  readonly rounds: number;
  readonly workers: number;
}

/**
 * A full profile of one big table, against the floor (plain COPY of the same rows on as many connections, bytes thrown away), taken
 * in turn so that a slower moment of the machine hits both, and against the SQL that a per-column tool sends, once.
 */
export async function profileBench({ rows, rounds, workers }: ProfileBenchOptions): Promise<void> {
  const server = await startBenchServer('profile');
  try {
    const client = await server.client();
    const tableBytes = await makeWideTable(client, rows);
    console.log(
      `bench.wide: ${rows.toLocaleString('en')} rows × 20 columns, ${(tableBytes / 1024 ** 2).toFixed(0)} MiB`,
    );
    const floors: number[] = [];
    const profiles: number[] = [];
    const historyShares: number[] = [];
    await copyFloor(server.connection, workers);
    for (let round = 0; round < rounds; round++) {
      floors.push((await copyFloor(server.connection, workers)).seconds);
      const { seconds, profiles: found } = await profileAll({ connection: server.connection, workers });
      if (found[0]?.rowCount !== rows) throw new Error(`profiled ${found[0]?.rowCount} rows, not ${rows}`);
      profiles.push(seconds);
      historyShares.push(await historyCost(server.connection, workers, round));
    }
    const startMs = performance.now();
    for (const sql of perColumnSql()) await client.query(sql);
    const sqlSeconds = (performance.now() - startMs) / 1000;
    await client.end();
    const ratios = spread(profiles.map((seconds, round) => seconds / floors[round]!));
    const faster = sqlSeconds / spread(profiles).median;
    console.log(`COPY floor, ${workers} connections   ${formatSpread(spread(floors), 's')}`);
    console.log(`full profile, ${workers} workers     ${formatSpread(spread(profiles), 's')}`);
    console.log(`per-column SQL, one connection ${sqlSeconds.toFixed(1)} s`);
    console.log(`profile / floor                ${formatSpread(ratios, '×')}`);
    console.log(`per-column SQL / profile       ${faster.toFixed(1)} ×`);
    console.log(`CPU with / without history     ${formatSpread(spread(historyShares), '×')}`);
    const memoryMiB = Math.round(process.resourceUsage().maxRSS / 1024);
    console.log(`peak memory of this process    ${memoryMiB} MiB`);
    saveResult('profile', {
      postgres: server.version,
      rows,
      tableBytes,
      workers,
      floorSeconds: spread(floors),
      profileSeconds: spread(profiles),
      perColumnSqlSeconds: sqlSeconds,
      profileToFloor: ratios,
      perColumnSqlToProfile: faster,
      cpuWithToWithoutHistory: spread(historyShares),
      peakMemoryMiB: memoryMiB,
    });
  } finally {
    await server.stop();
  }
}

/** CPU of this process with the history by insert time over that without, the order changing from round to round. */
async function historyCost(connection: ConnectionSettings, workers: number, round: number): Promise<number> {
  const cpu = { with: 0, without: 0 };
  for (const history of round % 2 === 0 ? [true, false] : [false, true])
    cpu[history ? 'with' : 'without'] = (await profileAll({ connection, workers, history })).cpuSeconds;
  return cpu.with / cpu.without;
}
