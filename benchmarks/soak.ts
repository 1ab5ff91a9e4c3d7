import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { executeRun } from '#src/cli/execute-run.js';
import { type Flatness, flatness, type Sample } from './support/flatness.js';
import { machine, saveResult, spread } from './support/report.js';
import { soakWorld, type WorldMessage } from './support/soak-world.js';

/**
 * Runs Sentinel again and again in this one process, against two servers under writes and random faults (in a process of their own),
 * and looks at what must not grow or be lost. Exit 1 where a promise is broken.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    world: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];

/** Of the table-runs for which the database was up. */
const PROMISED_AVAILABILITY = 0.999;
const MAX_CONNECTIONS = 4;
/** How long after a run the last of its sessions may be there. */
const LEFT_OVER_MS = 10_000;
const MIB = 1024 ** 2;

interface RunOutcome {
  readonly fromMs: number;
  readonly toMs: number;
  readonly code: number | string;
  /** By source. */
  readonly ok: ReadonlyMap<string, number>;
  readonly failures: readonly { readonly source: string; readonly what: string }[];
}

if (values.world) await beWorld();
else process.exitCode = await soak();

async function beWorld(): Promise<void> {
  const stop = new AbortController();
  process.once('message', () => stop.abort());
  process.once('disconnect', () => stop.abort());
  // Ctrl-C is for the process that started this one.
  process.on('SIGINT', () => {});
  await soakWorld(seed, (message) => process.send?.(message), stop.signal);
  process.disconnect?.();
}

async function soak(): Promise<number> {
  console.log(`soak of ${minutes} minutes, seed ${seed}, ${JSON.stringify(machine())}`);
  const cwd = mkdtempSync(join(tmpdir(), 'sentinel-soak-'));
  const messages: WorldMessage[] = [];
  const sessions: Sessions = { last: new Map(), most: 0, oldestMs: 0 };
  const world = fork(process.argv[1]!, ['--world', '--seed', String(seed)], { execArgv: [] });
  world.on('message', (message: WorldMessage) => {
    if (message.type === 'sessions') notice(sessions, message);
    else messages.push(message);
    if (message.type === 'fault' && values.verbose) console.log(`  ${message.source}: ${message.name}`);
  });
  const ended = new Promise<number | null>((resolve) => world.once('exit', resolve));
  try {
    const ready = await first(world, messages, 'ready');
    const runs: RunOutcome[] = [];
    const samples: Record<string, Sample[]> = { heap: [], rss: [], handles: [], files: [], threads: [] };
    const leftOver: { readonly source: string; readonly ms: number }[] = [];
    const endMs = Date.now() + minutes * 60_000;
    while (Date.now() < endMs) {
      const run = await oneRun(cwd, ready.environment);
      runs.push(run);
      if (values.verbose) console.log(`run ${runs.length}: ${run.code}, ${run.failures.length} failures`);
      leftOver.push(...(await sessionsAfter(run, sessions)));
      takeSamples(samples);
    }
    world.send('stop');
    const end = await first(world, messages, 'ended');
    await ended;
    return report({
      runs,
      messages,
      sessions,
      samples,
      leftOver,
      tables: ready.tables,
      transactions: end.transactions,
    });
  } finally {
    world.kill('SIGKILL');
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** What was seen of our sessions on the servers, without keeping every look. */
interface Sessions {
  readonly last: Map<string, Extract<WorldMessage, { type: 'sessions' }>>;
  /** To one source at a time, while no connection had been cut. */
  most: number;
  oldestMs: number;
}

function notice(sessions: Sessions, message: Extract<WorldMessage, { type: 'sessions' }>): void {
  sessions.last.set(message.source, message);
  if (!message.disturbed) sessions.most = Math.max(sessions.most, message.ours);
  sessions.oldestMs = Math.max(sessions.oldestMs, message.oldestMs);
}

/** One run in this process; what it says is read as a caller of the program would read it. */
async function oneRun(cwd: string, environment: Record<string, string>): Promise<RunOutcome> {
  let stdout = '';
  const sink = (write: (text: string) => void) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        write(chunk.toString('utf8'));
        done();
      },
    });
  const env = {
    ...environment,
    CONCURRENT_WORKERS: '2',
    DB_MAX_CONNECTIONS: String(MAX_CONNECTIONS),
    CHUNK_MIN_BYTES: '1MiB',
  };
  const io = { stdout: sink((text) => (stdout += text)), stderr: sink(() => {}), env, cwd };
  const fromMs = Date.now();
  // Findings are the load's doing.
  const code = await executeRun('run', { json: true, quiet: true, failOn: 'never', resume: false }, io).catch(
    (error: Error) => error.message,
  );
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ok = new Map<string, number>();
  const failures: { source: string; what: string }[] = [];
  for (const { type, source, status, table, failure } of lines) {
    if (type === 'table' && status === 'ok') ok.set(String(source), (ok.get(String(source)) ?? 0) + 1);
    if ((type === 'table' || type === 'source') && status !== 'ok')
      failures.push({
        source: String(source),
        what: `${table ?? 'the source'}: ${(failure as { code: string; message: string }).code} ${(failure as { message: string }).message}`,
      });
  }
  return { fromMs, toMs: Date.now(), code, ok, failures };
}

/** How long sessions of a run were still there after it; not told where the server went down meanwhile. */
async function sessionsAfter(run: RunOutcome, { last: lastOf }: Sessions) {
  const found: { source: string; ms: number }[] = [];
  for (const source of run.ok.keys()) {
    const deadlineMs = run.toMs + LEFT_OVER_MS;
    for (;;) {
      const last = lastOf.get(source);
      if (last && last.at > run.toMs && last.ours === 0) found.push({ source, ms: last.at - run.toMs });
      else if (last && Date.now() > deadlineMs) found.push({ source, ms: Number.POSITIVE_INFINITY });
      else if (Date.now() < deadlineMs) {
        await sleep(20);
        continue;
      }
      break;
    }
  }
  return found;
}

function takeSamples(samples: Record<string, Sample[]>): void {
  const gc = (globalThis as { gc?: () => void }).gc;
  if (!gc) throw new Error('start it with --expose-gc, as npm run soak does');
  gc();
  gc(); // what finalisers of the first let go
  const { heapUsed, external, rss } = process.memoryUsage();
  const count = (folder: string) => {
    try {
      return readdirSync(folder).length;
    } catch {
      return 0; // not on this system
    }
  };
  const atMs = Date.now();
  const values: Record<string, number> = {
    heap: (heapUsed + external) / MIB,
    rss: rss / MIB,
    handles: process.getActiveResourcesInfo().length,
    files: count('/proc/self/fd'),
    threads: count('/proc/self/task'),
  };
  for (const [name, value] of Object.entries(values)) samples[name]!.push({ atMs, value });
}

function report(seen: {
  readonly runs: readonly RunOutcome[];
  readonly messages: readonly WorldMessage[];
  readonly sessions: Sessions;
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
  readonly leftOver: readonly { readonly source: string; readonly ms: number }[];
  readonly tables: number;
  readonly transactions: number;
}): number {
  const { runs, messages, sessions, samples, leftOver, tables, transactions } = seen;
  const faults = messages.filter((message) => message.type === 'fault');
  const downs = messages.filter((message) => message.type === 'down');
  const wasDown = (source: string, run: RunOutcome) =>
    downs.some((down) => down.source === source && down.from <= run.toMs && down.to >= run.fromMs);
  let [judged, lost, excused] = [0, 0, 0];
  const losses: string[] = [];
  for (const [index, run] of runs.entries())
    for (const source of ['batch', 'cdc']) {
      const ok = run.ok.get(source) ?? 0;
      judged += ok;
      if (wasDown(source, run)) excused += tables - ok;
      else {
        lost += tables - ok;
        if (ok < tables)
          losses.push(
            `run ${index + 1} (ended with ${run.code}), ${source}: ${
              run.failures
                .filter((failure) => failure.source === source)
                .map(({ what }) => what)
                .join('; ') || `${tables - ok} tables are missing`
            }`,
          );
      }
    }
  const availability = judged / Math.max(judged + lost, 1);
  const connections = sessions.most;
  const flat: Record<string, Flatness> = {
    heap: flatness(samples.heap!, 'MiB', 4),
    rss: flatness(samples.rss!, 'MiB', 0.15 * (samples.rss!.at(-1)?.value ?? 0)),
    handles: flatness(samples.handles!, 'handles', 0.9),
    files: flatness(samples.files!, 'open files', 0.9),
    threads: flatness(samples.threads!, 'threads', 0.9),
  };
  const broken = [
    ...(availability >= PROMISED_AVAILABILITY ? [] : [`${lost} table-runs were lost although the database was up`]),
    ...(connections <= MAX_CONNECTIONS
      ? []
      : [`${connections} connections to one source, at most ${MAX_CONNECTIONS} are allowed`]),
    ...(leftOver.every(({ ms }) => Number.isFinite(ms)) ? [] : ['sessions were left on a server after a run']),
    ...(runs.every(({ code }) => code === 0 || code === 2)
      ? []
      : [`runs ended with ${[...new Set(runs.map(({ code }) => code))].join(', ')}`]),
    ...Object.entries(flat)
      .filter(([, { isFlat }]) => !isFlat)
      .map(([name]) => `${name} is not flat`),
  ];
  const durations = spread(runs.map(({ fromMs, toMs }) => (toMs - fromMs) / 1000));
  const names = [...new Set(faults.map(({ name }) => name))];
  const byName = names.map((name) => `${name} ${faults.filter((fault) => fault.name === name).length}×`);
  console.log(
    `\n${runs.length} runs of ${durations.median.toFixed(1)} (${durations.min.toFixed(1)}–${durations.max.toFixed(1)}) s, ${transactions} transactions of others beside them`,
  );
  console.log(`${faults.length} faults${byName.length > 0 ? `: ${byName.join(', ')}` : ''}`);
  console.log(
    `judged: ${judged} table-runs of ${judged + lost} for which the database was up, ${(availability * 100).toFixed(3)} %; ${excused} more while it was down`,
  );
  for (const loss of losses.slice(0, 20)) console.log(`  lost: ${loss}`);
  console.log(
    `connections to one source: at most ${connections} of ${MAX_CONNECTIONS}; the last is gone ${Math.max(0, ...leftOver.map(({ ms }) => ms))} ms after its run; oldest transaction ${sessions.oldestMs.toFixed(0)} ms`,
  );
  for (const [name, { median, unit, slopePerMinute, growth, isFlat }] of Object.entries(flat))
    console.log(
      `${name}: ${median.toFixed(1)} ${unit}, ${slopePerMinute >= 0 ? '+' : ''}${slopePerMinute.toFixed(3)} a minute, ${growth >= 0 ? '+' : ''}${growth.toFixed(2)} in all: ${isFlat ? 'flat' : 'NOT FLAT'}`,
    );
  console.log(broken.length === 0 ? 'every promise is kept' : `BROKEN: ${broken.join('; ')}`);
  saveResult('soak', {
    minutes,
    seed,
    runs: runs.length,
    runSeconds: durations,
    faults: faults.length,
    transactions,
    tableRuns: { judged, lost, whileDown: excused },
    availability,
    connections,
    flat,
    broken,
  });
  return broken.length === 0 ? 0 : 1;
}

/** The first message of a type, now or later. */
async function first<T extends WorldMessage['type']>(world: ChildProcess, messages: readonly WorldMessage[], type: T) {
  for (;;) {
    const found = messages.find((message) => message.type === type);
    if (found) return found as Extract<WorldMessage, { type: T }>;
    if (world.exitCode !== null) throw new Error(`the servers and faults ended with ${world.exitCode}`);
    await sleep(20);
  }
}
