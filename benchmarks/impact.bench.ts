import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { ProcessorTime } from './support/processor.js';
import { formatSpread, saveResult, spread } from './support/report.js';
import { startBenchServer } from './support/server.js';
import { type Load, makeBank, startLoad } from './support/tpcb.js';

/** Some 15 MB each. */
const BRANCHES = 30;
const CLIENTS = 8;
const WINDOW_S = 30;
const SETTLE_S = 3;
/** So that the server's own vacuum disturbs every window alike. */
const VACUUM_OFTEN = { autovacuum_naptime: '5s' };
const LOOK_EVERY_MS = 100;
/** What `--gentle` promises at most, %. */
const PROMISED_LOSS = 5;

const WAYS = { run: ['run', '--json'], gentle: ['run', '--json', '--gentle'] } as const;
type Way = keyof typeof WAYS;

/**
 * What a run costs others: the throughput of a server that short transactions keep as busy as it can be, alone and while one run
 * after the other goes on. Each window with a run is compared with those before and after it, without.
 */
export async function impactBench({ rounds }: { readonly rounds: number }): Promise<void> {
  const server = await startBenchServer('impact', VACUUM_OFTEN);
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-impact-'));
  try {
    const client = await server.client();
    client.on('error', () => {}); // where something fails, the server is stopped under it
    await makeBank(client, BRANCHES);
    const { rows } = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
    const databaseBytes = Number(rows[0]!.bytes);
    const load = await startLoad(server.connection, { scale: BRANCHES, clients: CLIENTS });
    await load.rate(SETTLE_S);
    const alone = [await load.rate(WINDOW_S)];
    const measured: Record<Way, Window[]> = { run: [], gentle: [] };
    for (let round = 0; round < rounds; round++)
      for (const way of ['run', 'gentle'] as const) {
        const window = await underRuns(load, client, server.connection, WAYS[way], folder);
        await load.rate(SETTLE_S);
        alone.push(await load.rate(WINDOW_S));
        const without = (alone.at(-1)! + alone.at(-2)!) / 2;
        measured[way].push({ ...window, lossPercent: (1 - window.rate / without) * 100 });
      }
    await load.stop();
    await client.end();
    report({ databaseBytes, alone, measured, postgres: server.version });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Window {
  /** Transactions a second. */
  readonly rate: number;
  readonly longestTransactionMs: number;
  /** Of all processors, what Sentinel and its sessions on the server used; both are on this machine. */
  readonly processorPercent: number;
  readonly lossPercent: number;
}

/** One run after the other for a window; the last is stopped at its end. */
async function underRuns(
  load: Load,
  observer: pg.Client,
  connection: ConnectionSettings,
  args: readonly string[],
  cwd: string,
): Promise<Omit<Window, 'lossPercent'>> {
  let going = true;
  let child: ChildProcess | undefined;
  let longestTransactionMs = 0;
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
      let complained = '';
      child.stderr!.setEncoding('utf8').on('data', (text: string) => (complained += text));
      const code = await new Promise((resolve) => child!.once('close', resolve));
      if (code !== 0 && code !== 1 && code !== 143) throw new Error(`a run ended with ${code}: ${complained || said}`);
      const summary = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '{}');
      longestTransactionMs = Math.max(longestTransactionMs, summary.longestTransactionMs ?? 0);
    }
  })();
  const startMs = performance.now();
  const used = new ProcessorTime();
  const look = async () => {
    if (child?.pid !== undefined) used.look(child.pid);
    await used.lookAtSessions(observer);
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  const rate = await load.rate(WINDOW_S);
  clearInterval(timer);
  going = false;
  const processorPercent = (used.totalMs() * 100) / ((performance.now() - startMs) * cpus().length);
  child?.kill('SIGTERM');
  await runs;
  return {
    rate,
    processorPercent,
    longestTransactionMs,
  };
}

function report(figures: {
  readonly databaseBytes: number;
  readonly alone: readonly number[];
  readonly measured: Record<Way, readonly Window[]>;
  readonly postgres: string;
}): void {
  const { databaseBytes, alone, measured, postgres } = figures;
  console.log(`TPC-B-like load, ${CLIENTS} clients, ${(databaseBytes / 1e6).toFixed(0)} MB, windows of ${WINDOW_S} s`);
  console.log(`alone                  ${formatSpread(spread(alone), 'transactions/s', 0)}`);
  const ways = Object.fromEntries(
    Object.entries(measured).map(([way, windows]) => {
      const rate = spread(windows.map((window) => window.rate));
      const lossPercent = spread(windows.map((window) => window.lossPercent));
      const processorPercent = spread(windows.map((window) => window.processorPercent));
      const longestTransactionMs = Math.max(...windows.map((window) => window.longestTransactionMs));
      const name = `while "${WAYS[way as Way].filter((arg) => arg !== '--json').join(' ')}"`.padEnd(22);
      console.log(
        `${name} ${formatSpread(rate, 'transactions/s', 0)}, loss ${formatSpread(lossPercent, '%', 1)}, ${processorPercent.median.toFixed(1)} % of the processors, longest transaction ${longestTransactionMs} ms`,
      );
      return [way, { rate, lossPercent, processorPercent, longestTransactionMs }];
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
