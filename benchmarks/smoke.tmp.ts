import { copyFloor } from './support/copy-floor.js';
import { profileAll } from './support/profile-all.js';
import { startBenchServer } from './support/server.js';
import { makeWideTable } from './support/wide-table.js';

const rows = Number(process.argv[2] ?? 200000);
const s = await startBenchServer('smoke');
try {
  const c = await s.client();
  console.log('bytes', await makeWideTable(c, rows));
  await c.end();
  await copyFloor(s.connection, 2);
  for (let i = 0; i < 2; i++) {
    let u = process.cpuUsage();
    const f = await copyFloor(s.connection, 2);
    let v = process.cpuUsage(u);
    console.log('floor', f.seconds, (v.user + v.system) / 1e6, f.bytes);
    u = process.cpuUsage();
    const r = await profileAll({ connection: s.connection, workers: 2 });
    v = process.cpuUsage(u);
    console.log(
      'profile x2',
      r.seconds,
      (v.user + v.system) / 1e6,
      r.bytes,
      r.connectionsPeak,
      r.profiles[0]?.rowCount,
      r.profiles[0]?.columns.length,
    );
  }
} finally {
  await s.stop();
}
