import { parseArgs } from 'node:util';
import { impactBench } from './impact.bench.js';
import { livePageBench } from './live-page.bench.js';
import { profileBench } from './profile.bench.js';
import { smallTablesBench } from './small-tables.bench.js';
import { machine } from './support/report.js';
import { workersBench } from './workers.bench.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '5000000' },
    tables: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    workers: { type: 'string', default: '2' },
  },
});
const [rows, tables, rounds, workers] = [values.rows, values.tables, values.rounds, values.workers].map(Number) as [
  number,
  number,
  number,
  number,
];

const BENCHMARKS: Readonly<Record<string, () => Promise<void>>> = {
  profile: () => profileBench({ rows, rounds, workers }),
  'small-tables': () => smallTablesBench({ tables, rowsPerTable: 1_000, rounds, workers }),
  impact: () => impactBench({ rounds }),
  'live-page': () => livePageBench({ tables: 5_000, runs: 400 }),
  workers: () => workersBench({ rows: Math.min(rows, 1_000_000) }),
};

const chosen = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
const unknown = chosen.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  process.exit(3);
}
console.log(
  Object.entries(machine())
    .map(([name, value]) => `${name} ${value}`)
    .join(', '),
);
for (const name of chosen) {
  console.log(`\n── ${name}`);
  await BENCHMARKS[name]!();
}
