import { startBenchServer } from './support/server.js';
import { makeWideTable } from './support/wide-table.js';
import { profileAll } from './support/profile-all.js';
const rows = Number(process.argv[2] ?? 200000);
const s = await startBenchServer('smoke');
try {
  const c = await s.client();
  let t = Date.now();
  console.log('bytes', await makeWideTable(c, rows), Date.now() - t, 'ms');
  await c.end();
  const r = await profileAll({ connection: s.connection, workers: 2 });
  console.log(r.seconds, r.bytes, r.connectionsPeak, JSON.stringify(r.profiles[0], null, 0).slice(0, 6000));
} finally { await s.stop(); }
