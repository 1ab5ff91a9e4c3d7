import type { Store } from '#src/adapters/store/store.js';
import type { Finding } from '#src/core/model/finding.js';
import { type Planted, plants } from '#src/demo/plants/index.js';
import { type Look, runDemo } from '#src/demo/run-demo.js';
import { isPerfect, type Score, scoreIncidents, scoreLine } from '#src/demo/score.js';
import { executeRun } from '../execute-run.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import type { RunOptions } from '../options.js';
import { openMetadata } from '../run-store.js';
import { reportCommand } from './report.js';

export interface DemoCommandOptions {
  readonly seed: number;
  /** `all`, `none`, or names of incidents, separated by commas. */
  readonly plant: string;
  readonly json?: boolean;
}

/** What of the caller's environment names other databases than the demo's. */
const FOREIGN = /^(BATCH|CDC|METADATA)_|^SENTINEL_SOURCES$/;
const REPORT = 'report.html';

/**
 * Start two embedded servers with a retailer's warehouses on them, look at them as `run` would look at real ones, and compare
 * what is found with what was planted.
 */
export async function demoCommand({ seed, plant, json }: DemoCommandOptions, io: Io): Promise<number> {
  const say = (line: string) => writeLine(io.stderr, line);
  const names = plantNames(plant);
  return runDemo({
    cwd: io.cwd,
    seed,
    plants: names,
    say,
    prepare: async (look) => {
      const code = await lookAround(look, io, { quiet: true });
      if (code !== EXIT.ok) throw new CliError('the first look at the demo did not come to its end', code);
    },
    run: async (look, planted) => {
      const code = await lookAround(look, io, json ? { json } : {});
      if (code !== EXIT.ok) return code;
      const own = ioOf(look, io);
      const score = await withStore(own, async (store) => scoreRun(store, planted));
      await reportCommand({ output: REPORT }, { ...own, stdout: io.stderr });
      tell(score, planted, io, json === true);
      return isPerfect(score) ? EXIT.ok : EXIT.findings;
    },
  });
}

function plantNames(wanted: string): readonly string[] {
  const known = plants.map(({ name }) => name);
  if (wanted === 'none') return [];
  if (wanted === 'all') return known;
  const names = wanted.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new CliError(`--plant: there is no incident "${unknown}"; there are ${known.join(', ')}, and "all" and "none"`);
}

/** The demo's own folder is where it runs: settings of the caller's folder are about other databases. */
function ioOf({ environment, folder }: Look, io: Io): Io {
  const own = Object.entries(io.env).filter(([name]) => !FOREIGN.test(name));
  return { ...io, cwd: folder, env: { ...Object.fromEntries(own), ...environment } };
}

function lookAround(look: Look, io: Io, options: Pick<RunOptions, 'quiet' | 'json'>): Promise<number> {
  return executeRun('run', { failOn: 'never', asOf: look.asOf, ...options }, ioOf(look, io));
}

async function withStore<T>(io: Io, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openMetadata(loadSettings(io), () => undefined);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function scoreRun(store: Store, planted: readonly Planted[]): Promise<Score> {
  const run = (await store.latestRun())!;
  const byTable = new Map<string, Finding[]>();
  for (const finding of await store.findingsOf(run.id)) {
    const key =
      finding.table === null
        ? `${finding.source} ${finding.message}`
        : `${finding.source}.${finding.schema}.${finding.table}`;
    byTable.set(key, [...(byTable.get(key) ?? []), finding]);
  }
  const incidents = [...byTable.values()].map((findings) => ({
    severity: findings[0]!.severity,
    title: findings[0]!.message,
    findings,
  }));
  return scoreIncidents(
    planted.map(({ truth }) => truth),
    incidents,
  );
}

function tell(score: Score, planted: readonly Planted[], io: Io, json: boolean): void {
  const missed = planted.filter(({ truth }) => score.missed.includes(truth));
  for (const { truth, story } of missed) writeLine(io.stderr, `Missed: ${truth.plant}: in ${truth.source}, ${story}.`);
  for (const { title } of score.falseAlarms) writeLine(io.stderr, `False alarm: ${title}`);
  if (json) {
    for (const { truth, story } of planted)
      writeJson(io, { type: 'planted', ...truth, story, found: !score.missed.includes(truth) });
    writeJson(io, {
      type: 'score',
      planted: score.planted,
      found: score.found,
      falseAlarms: score.falseAlarms.map(({ title }) => title),
    });
  }
  writeLine(json ? io.stderr : io.stdout, scoreLine(score));
}
