import type { Store } from '#src/adapters/store/store.js';
import { type Planted, plants } from '#src/demo/plants/index.js';
import { type Look, runDemo } from '#src/demo/run-demo.js';
import { isPerfect, type Score, scoreIncidents, scoreLine } from '#src/demo/score.js';
import { executeRun } from '../execute-run.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import type { RunOptions } from '../options.js';
import { renderTable } from '../render/table.js';
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
  const run = { failOn: 'never', asOf: look.asOf, ...options } as const;
  return executeRun('run', run, ioOf(look, io), { commands: false });
}

async function withStore<T>(io: Io, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openMetadata(loadSettings(io), () => undefined);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Scores what the newest run of the store found. */
async function scoreRun(store: Store, planted: readonly Planted[]): Promise<Score> {
  const run = await store.latestRun();
  const incidents = run === null ? [] : await store.listIncidents({ run: run.id });
  return scoreIncidents(
    planted.map(({ truth }) => truth),
    incidents,
  );
}

function tell(score: Score, planted: readonly Planted[], io: Io, json: boolean): void {
  const foundAs = new Map(score.found.map(({ truth, incident }) => [truth, incident.id]));
  if (json) {
    for (const { truth, story } of planted)
      writeJson(io, { type: 'planted', ...truth, story, incident: foundAs.get(truth) ?? null });
    writeJson(io, {
      type: 'score',
      planted: planted.length,
      found: score.found.length,
      falseAlarms: score.falseAlarms.map(({ id }) => id),
    });
  } else if (planted.length > 0) {
    const rows = planted.map(({ truth, story }) => [truth.plant, foundAs.get(truth) ?? 'missed', truth.source, story]);
    const titles = ['planted', 'found', 'source', 'what happened'].map((title) => ({ title }));
    writeLine(io.stdout, `\n${renderTable(titles, rows)}\n`);
  }
  for (const { id, title } of score.falseAlarms) writeLine(io.stderr, `False alarm ${id}: ${title}`);
  writeLine(json ? io.stderr : io.stdout, scoreLine(score));
}
