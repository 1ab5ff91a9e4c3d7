import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { formatSpread, saveResult, spread } from './support/report.js';
import { startBenchServer } from './support/server.js';
import { type Load, makeBank, startLoad } from './support/tpcb.js';

/** Some 15 MB each. */
const BRANCHES = 30;
const CLIENTS = 8;
const WINDOW_S = 15;
const SETTLE_S = 3;
/** What `--gentle` promises at most, %. */
const PROMISED_LOSS = 5;

const WAYS = { run: ['run', '--json'], gentle: ['run', '--json', '--gentle'] } as const;
type Way = keyof typeof WAYS;

/**
 * What a run costs others: the throughput of a server that short transactions keep as busy as it can be, alone and while one run
 * after the other goes on. Each window with a run is compared with those before and after it, without.
 */
export async function impactBench({ rounds }: { readonly rounds: number }): Promise<void> {
  const server = await startBenchServer('impact');
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-impact-'));
  try {
    const client = await server.client();
    await makeBank(client, BRANCHES);
    const { rows } = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
    await client.end();
    const databaseBytes = Number(rows[0]!.bytes);
    const load = await startLoad(server.connection, { scale: BRANCHES, clients: CLIENTS });
    await load.rate(SETTLE_S);
    const alone = [await load.rate(WINDOW_S)];
    const measured: Record<Way, Window[]> = { run: [], gentle: [] };
    for (let round = 0; round < rounds; round++)
      for (const way of ['run', 'gentle'] as const) {
        const window = await underRuns(load, server.connection, WAYS[way], folder);
        await load.rate(SETTLE_S);
        alone.push(await load.rate(WINDOW_S));
        const without = (alone.at(-1)! + alone.at(-2)!) / 2;
        measured[way].push({ ...window, lossPercent: (1 - window.rate / without) * 100 });
      }
    await load.stop();
    report({ databaseBytes, alone, measured, postgres: server.version });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Window {
  /** Transactions a second. */
  readonly rate: number;
  /** Bytes that the runs of the window read, a second. */
  readonly bytesPerSecond: number;
  readonly longestTransactionMs: number;
  readonly lossPercent: number;
}

/** One run after the other for a window; the last is stopped at its end. */
async function underRuns(
  load: Load,
  connection: ConnectionSettings,
  args: readonly string[],
  cwd: string,
): Promise<Omit<Window, 'lossPercent'>> {
  let going = true;
  let child: ChildProcess | undefined;
  let [bytes, longestTransactionMs] = [0, 0];
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    SENTINEL_SOURCES: 'batch',
    BATCH_DB_HOST: connection.host,
    BATCH_DB_PORT: String(connection.port),
    BATCH_DB_NAME: connection.database,
    BATCH_DB_USER: connection.user,
    BATCH_DB_PASSWORD: connection.password,
  };
  const runs = (async () => {
    while (going) {
      let said = '';
      child = spawn(process.execPath, [join(process.cwd(), 'dist', 'main.js'), ...args], { cwd, env });
      child.stdout!.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.stderr!.resume();
      const code = await new Promise((resolve) => child!.once('close', resolve));
      if (code !== 0 && code !== 1 && code !== 143) throw new Error(`a run ended with ${code}`);
      const summary = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '{}');
      bytes += summary.bytes ?? 0;
      longestTransactionMs = Math.max(longestTransactionMs, summary.longestTransactionMs ?? 0);
    }
  })();
  const startMs = performance.now();
  const rate = await load.rate(WINDOW_S);
  going = false;
  child?.kill('SIGTERM');
  await runs;
  return { rate, bytesPerSecond: (bytes * 1000) / (performance.now() - startMs), longestTransactionMs };
}

function report(figures: {
  readonly databaseBytes: number;
  readonly alone: readonly number[];
  readonly measured: Record<Way, readonly Window[]>;
  readonly postgres: string;
}): void {
  const { databaseBytes, alone, measured, postgres } = figures;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  console.log(`TPC-B-like load, ${CLIENTS} clients, ${megabytes(databaseBytes)} MB, windows of ${WINDOW_S} s`);
  console.log(`alone                  ${formatSpread(spread(alone), 'transactions/s', 0)}`);
  const ways = Object.fromEntries(
    Object.entries(measured).map(([way, windows]) => {
      const rate = spread(windows.map((window) => window.rate));
      const lossPercent = spread(windows.map((window) => window.lossPercent));
      const bytesPerSecond = spread(windows.map((window) => window.bytesPerSecond));
      const longestTransactionMs = Math.max(...windows.map((window) => window.longestTransactionMs));
      const name = `while "${WAYS[way as Way].filter((arg) => arg !== '--json').join(' ')}"`.padEnd(22);
      console.log(
        `${name} ${formatSpread(rate, 'transactions/s', 0)}, loss ${formatSpread(lossPercent, '%', 1)}, reads ${megabytes(bytesPerSecond.median)} MB/s, longest transaction ${longestTransactionMs} ms`,
      );
      return [way, { rate, lossPercent, bytesPerSecond, longestTransactionMs }];
    }),
  );
  const kept = ways.gentle!.lossPercent.median <= PROMISED_LOSS;
  console.log(`--gentle keeps the loss within ${PROMISED_LOSS} %: ${kept ? 'yes' : 'NO'}`);
  saveResult('impact', {
    postgres,
    databaseBytes,
    clients: CLIENTS,
    windowSeconds: WINDOW_S,
    alone: spread(alone),
    ...ways,
    kept,
  });
}
