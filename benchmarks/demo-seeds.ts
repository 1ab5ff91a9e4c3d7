/**
 * Runs the demo over many seeds and counts: `npm run demo:seeds -- [SEEDS] [FIRST]`. Ends with exit 1 where fewer than 95 % of
 * what was planted was found, or more than one alarm in all was false.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { renderTable } from '#src/cli/render/table.js';
import { saveResult } from './support/report.js';

const MIN_FOUND_SHARE = 0.95;
const MOST_FALSE_ALARMS = 1;

interface SeedScore {
  readonly seed: number;
  readonly planted: number;
  readonly found: number;
  readonly missed: readonly string[];
  readonly falseAlarms: readonly string[];
  readonly seconds: number;
}

const [count = 20, first = 1] = process.argv.slice(2).map(Number);
if (![count, first].every((n) => Number.isInteger(n) && n > 0)) {
  console.error('usage: npm run demo:seeds -- [number of seeds, 20] [first seed, 1]');
  process.exit(3);
}
const folder = resolve('.sentinel', 'demo-seeds');
mkdirSync(folder, { recursive: true });

const scores: SeedScore[] = [];
for (let seed = first; seed < first + count; seed++) {
  const score = await demoOf(seed);
  scores.push(score);
  console.log(`seed ${seed}: planted ${score.planted}, found ${score.found}, false alarms ${score.falseAlarms.length}`);
}
const rows = scores
  .filter(({ missed, falseAlarms }) => missed.length + falseAlarms.length > 0)
  .flatMap(({ seed, missed, falseAlarms }) => [
    ...missed.map((what) => [String(seed), 'missed', what]),
    ...falseAlarms.map((what) => [String(seed), 'false', what]),
  ]);
if (rows.length > 0) console.log(renderTable([{ title: 'seed' }, { title: '' }, { title: 'what' }], rows));
const sum = (of: (score: SeedScore) => number) => scores.reduce((total, score) => total + of(score), 0);
const [planted, found, falseAlarms] = [
  sum((score) => score.planted),
  sum((score) => score.found),
  sum((score) => score.falseAlarms.length),
];
const slowest = Math.max(...scores.map(({ seconds }) => seconds));
saveResult('demo-seeds', { seeds: count, first, planted, found, falseAlarms, slowestSeconds: slowest });
console.log(
  `${count} seeds: planted ${planted}, found ${found} (${((100 * found) / planted).toFixed(1)} %), false alarms ${falseAlarms}; slowest ${slowest.toFixed(0)} s`,
);
process.exitCode = found >= MIN_FOUND_SHARE * planted && falseAlarms <= MOST_FALSE_ALARMS ? 0 : 1;

async function demoOf(seed: number): Promise<SeedScore> {
  const started = performance.now();
  const program = join(import.meta.dirname, '..', 'dist', 'main.js');
  const child = spawn(process.execPath, [program, 'demo', '--json', '--seed', String(seed)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, words] = ['', ''];
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (words += data));
  await new Promise((done) => child.once('close', done));
  const lines = output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  const score = lines.find(({ type }) => type === 'score');
  if (score === undefined) throw new Error(`the demo of seed ${seed} did not come to its end:\n${words}`);
  const { planted, found, falseAlarms } = score;
  const missed = lines
    .filter((line) => line.type === 'planted' && line.incident === null)
    .map((line) => `${line.plant}: in ${line.source}, ${line.story}`);
  return { seed, planted, found, falseAlarms, missed, seconds: (performance.now() - started) / 1000 };
}
