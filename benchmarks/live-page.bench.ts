import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '#src/adapters/embedded/server.js';
import { openStore } from '#src/adapters/store/store.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { findChromium, startChromium } from '../test/support/browser.js';
import { benchStore } from './support/bench-store.js';
import { formatSpread, type Spread, saveResult, spread } from './support/report.js';
import { startBenchServer } from './support/server.js';
import { writeRun, writeYearOfRuns } from './support/year-of-runs.js';

const DAY_MS = 86_400_000;
const ASK_HEALTH_EVERY_MS = 20;
const ASK_PAGE_EVERY_MS = 250;
const REQUESTS = 15;
const PAINTS = 9;
/** What the page promises. */
const PROMISED_PAINT_MS = 300;
const PROMISED_HEALTH_MS = 100;

export interface LivePageOptions {
  readonly tables: number;
  readonly runs: number;
}

/** The page of the daemon over a year of daily runs: how soon it is there, how fast it answers, and what it costs the daemon. */
export async function livePageBench({ tables, runs }: LivePageOptions): Promise<void> {
  const server = await startBenchServer('live-page', { max_wal_size: '8GB' });
  try {
    const store = await openStore(benchStore(server.connection));
    const writer = await store.acquireWriter('benchmark');
    const client = await server.client();
    const newestAt = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS + 2 * 3_600_000 - DAY_MS);
    const lastAt = new Date(newestAt.getTime() - DAY_MS);
    const startMs = performance.now();
    await writeYearOfRuns(client, writer, { tables, runs, lastAt });
    const { rows } = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
    const storeBytes = Number(rows[0]!.bytes);
    console.log(
      `a store of ${tables.toLocaleString('en')} tables and ${runs} daily runs, ${(storeBytes / 1e9).toFixed(1)} GB, made in ${((performance.now() - startMs) / 1000).toFixed(0)} s`,
    );
    await client.end();
    const figures = await measure(server.connection, async () => {
      await writeRun(writer, { tables, at: newestAt });
      return (await store.latestRun())!.label;
    });
    await writer.release();
    await store.close();
    saveResult('live-page', { postgres: server.version, tables, runs, storeBytes, ...figures });
  } finally {
    await server.stop();
  }
}

/** Start the daemon on a store, look at it, and once more after `runAgain`, which resolves with the label of a new run. */
async function measure(connection: ConnectionSettings, runAgain: () => Promise<string>) {
  const daemon = await startDaemon(connection);
  try {
    const idle = memoryOf(daemon.process);
    const first = await whileMade(daemon, (html) => html.includes('"tables":['));
    const pageMs: number[] = [];
    let bytes = 0;
    for (let i = 0; i < REQUESTS; i++) {
      const answer = await ask(daemon.port, '/');
      pageMs.push(answer.ms);
      bytes = Buffer.byteLength(answer.text);
    }
    const requests = {
      search: await times(daemon.port, '/page/tables?search=orders_42'),
      more: await times(daemon.port, '/page/tables?limit=200'),
      table: await times(daemon.port, '/page/table?key=batch.sales.orders_0100'),
    };
    const paint = await paints(daemon.port);
    const label = await runAgain();
    const again = await whileMade(daemon, (html) => html.includes(label));
    const memory = memoryOf(daemon.process);
    const show = (name: string, figure: Spread, unit = 'ms') =>
      console.log(`${name.padEnd(34)} ${formatSpread(figure, unit, 1)}`);
    console.log(`page with data after the start     ${(first.ms / 1000).toFixed(1)} s`);
    show('… /healthz meanwhile', first.health, `ms, 99 % within ${first.healthP99.toFixed(1)} ms`);
    show('… / meanwhile', first.page);
    console.log(`page with data after a new run     ${(again.ms / 1000).toFixed(1)} s`);
    show('… /healthz meanwhile', again.health, `ms, 99 % within ${again.healthP99.toFixed(1)} ms`);
    show('… / meanwhile', again.page);
    console.log(`memory at the start, now, at most  ${idle.now}, ${memory.now}, ${memory.most} MiB`);
    show(`/, ${(bytes / 1e3).toFixed(0)} kB`, spread(pageMs));
    for (const [name, figure] of Object.entries(requests)) show(`/page/tables and /page/table: ${name}`, figure);
    if (paint) show('first contentful paint', paint);
    const kept = {
      paint: paint === null ? null : paint.median < PROMISED_PAINT_MS,
      health: Math.max(first.healthP99, again.healthP99) < PROMISED_HEALTH_MS,
    };
    console.log(
      `first paint within ${PROMISED_PAINT_MS} ms: ${kept.paint === null ? 'no Chromium' : said(kept.paint)}`,
    );
    console.log(`/healthz within ${PROMISED_HEALTH_MS} ms 99 times of 100: ${said(kept.health)}`);
    return {
      first,
      again,
      idleMiB: idle.now,
      memoryMiB: memory.now,
      mostMiB: memory.most,
      bytes,
      ...{ page: spread(pageMs), requests, paint, kept },
    };
  } finally {
    await daemon.stop();
  }
}

function said(kept: boolean): string {
  return kept ? 'yes' : 'NO';
}

interface RunningDaemon {
  readonly process: ChildProcess;
  readonly port: number;
  readonly startedMs: number;
  stop(): Promise<void>;
}

async function startDaemon(connection: ConnectionSettings): Promise<RunningDaemon> {
  const cwd = mkdtempSync(join(tmpdir(), 'sentinel-live-page-'));
  const port = await freePort();
  const login = (prefix: string) => ({
    [`${prefix}_HOST`]: connection.host,
    [`${prefix}_PORT`]: String(connection.port),
    [`${prefix}_NAME`]: connection.database,
    [`${prefix}_USER`]: connection.user,
    [`${prefix}_PASSWORD`]: connection.password,
  });
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    SENTINEL_SOURCES: 'batch',
    HTTP_PORT: String(port),
    ...login('BATCH_DB'),
    ...login('METADATA_DB'),
  };
  const startedMs = performance.now();
  const child = spawn(process.execPath, [join(process.cwd(), 'dist', 'main.js'), 'serve'], {
    ...{ cwd, env, stdio: ['ignore', 'ignore', 'pipe'] },
  });
  let complained = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (complained += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  while (!complained.includes('this instance is active')) {
    if (child.exitCode !== null) throw new Error(`the daemon ended: ${complained}`);
    await sleep(10);
  }
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(cwd, { recursive: true, force: true });
  };
  return { process: child, port, startedMs, stop };
}

/** Look at the daemon until its page is as wanted; `ms` is since its start, or since this was called where it runs for longer. */
async function whileMade({ port, startedMs }: RunningDaemon, isMade: (html: string) => boolean) {
  const calledMs = performance.now();
  const sinceMs = calledMs - startedMs < 10_000 ? startedMs : calledMs;
  let made = false;
  const health: number[] = [];
  const page: number[] = [];
  const lookAtHealth = async () => {
    while (!made) {
      health.push((await ask(port, '/healthz')).ms);
      await sleep(ASK_HEALTH_EVERY_MS);
    }
  };
  const lookAtPage = async () => {
    while (!made) {
      const answer = await ask(port, '/');
      page.push(answer.ms);
      made = answer.status === 200 && isMade(answer.text);
      if (!made) await sleep(ASK_PAGE_EVERY_MS);
    }
    return performance.now() - sinceMs;
  };
  const [ms] = await Promise.all([lookAtPage(), lookAtHealth()]);
  return { ms, health: spread(health), healthP99: p99(health), page: spread(page) };
}

async function times(port: number, path: string): Promise<Spread> {
  const ms: number[] = [];
  for (let i = 0; i < REQUESTS; i++) ms.push((await ask(port, path)).ms);
  return spread(ms);
}

interface Asked {
  readonly ms: number;
  readonly status: number;
  readonly text: string;
}

function ask(port: number, path: string): Promise<Asked> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const asking = get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () => resolve({ ms: performance.now() - startMs, status: answer.statusCode!, text }));
    });
    asking.on('error', reject);
  });
}

/** First contentful paint, each in a browser context that knows nothing yet; null where this machine has no Chromium. */
async function paints(port: number): Promise<Spread | null> {
  if (findChromium() === undefined) return null;
  const browser = await startChromium();
  const ms: number[] = [];
  for (let i = 0; i <= PAINTS; i++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.waitForSelector('.tables tbody tr');
    const seen = (await page.evaluate(`new Promise((resolve) => new PerformanceObserver((list) => {
      const paint = list.getEntriesByName('first-contentful-paint')[0];
      if (paint) resolve(paint.startTime);
    }).observe({ type: 'paint', buffered: true }))`)) as number;
    if (i > 0) ms.push(seen); // the first one starts the browser's own parts
    await context.close();
  }
  await browser.close();
  return spread(ms);
}

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)]!;
}

/** MiB. */
function memoryOf({ pid }: ChildProcess) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) / 1024);
  return { now: of('VmRSS'), most: of('VmHWM') };
}
