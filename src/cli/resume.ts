import { createHash } from 'node:crypto';
import type { NewestRun, NewRun, RunRef, RunSelection, TaskSummary } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { formatCount, formatDuration } from './render/format.js';
import type { Session } from './run-session.js';

/** What must be the same for a run to be gone on with. */
export interface RunIdentity {
  readonly command: string;
  readonly selection: RunSelection;
  /** Hash of the settings that shape its figures. */
  readonly settings: string;
}

/** The run that is worked on. */
export interface BegunRun {
  readonly run: RunRef;
  /** Its clock: that of its first start. */
  readonly asOf: Date;
  /** What makes it in a store that does not know it. */
  readonly made: NewRun;
  /** Tables that an earlier process of this run has read and stored. */
  readonly done: readonly TaskSummary[];
}

/** A run whose process died is gone on with by itself for so long after its start or its last stored table. */
const CRASH_LIMIT_MS = 3_600_000;

/** Begin a run, or go on with the last one (`--resume`, or a crash within the hour), and say so. */
export async function beginRun(session: Session, store: Store, writer: StoreWriter): Promise<BegunRun> {
  const { options, sources, startedAt, asOf, announce, origin } = session;
  const identity = identityOf(session);
  const newest = await store.newestRun(sources.map(({ name }) => name));
  const obstacle = obstacleTo(newest, identity, options.resume);
  if (newest && obstacle === null) {
    await writer.resumeRun(newest, origin);
    const done = (await store.tasksOf(newest.id)).filter(({ state }) => state === 'ok');
    announce(
      `going on with run ${newest.label}, which ${endOf(newest)}; ${doneText(done.length)}${hint(options.resume)}`,
    );
    const times = { startedAt: new Date(newest.startedAt), asOf: new Date(newest.asOf) };
    return { run: newest, asOf: times.asOf, made: { ...identity, ...times }, done };
  }
  if (options.resume === true) announce(`--resume: ${obstacle}; a new run begins`);
  const made = { ...identity, startedAt, asOf, version: origin.version };
  return { run: await writer.beginRun({ ...made, origin }), asOf, made, done: [] };
}

/** Why the newest run is not gone on with; null where it is. `wish` is `--resume` (true), `--no-resume` (false), or neither. */
export function obstacleTo(newest: NewestRun | null, wanted: RunIdentity, wish: boolean | undefined): string | null {
  if (wish === false) return '--no-resume was given';
  if (!newest) return 'there is no earlier run of these sources';
  const { label, state, command, selection, settings } = newest;
  if (state === 'finished') return `the last run of these sources, ${label}, came to its end`;
  if (!selection) return `the last run of these sources, ${label}, was made by an older version`;
  const [its, ours] = [commandLine(command, selection), commandLine(wanted.command, wanted.selection)];
  if (its !== ours) return `the last run of these sources, ${label}, was "${its}" and this is "${ours}"`;
  if (settings !== wanted.settings)
    return `the sources, PROFILE_* settings or sentinel.yaml have changed since run ${label}, so its figures do not go together with new ones`;
  if (wish === true) return null;
  if (state !== 'running') return `run ${label} was ended on purpose or failed`;
  return newest.silentMs > CRASH_LIMIT_MS ? `run ${label} died more than an hour ago` : null;
}

function identityOf({ command, config, options, sources, asOf }: Session): RunIdentity {
  const sorted = (values: readonly string[] = []) => [...new Set(values)].sort();
  const databases = sources.map(({ name, host, port, database }) => ({ name, host, port, database }));
  const { mode, incremental, fullScanMaxBytes, sampleRate, maxValueBytes } = config.profile;
  // Whom alerts go to changes no figure.
  const { alerts: _, tables, ...others } = config.policy;
  const policy = { ...others, tables: tables.map(({ owner: __, ...table }) => table) };
  const shaping = { databases, mode, incremental, fullScanMaxBytes, sampleRate, maxValueBytes, policy };
  return {
    command,
    selection: {
      sources: sorted(sources.map(({ name }) => name)),
      table: sorted(options.table),
      exclude: sorted(options.exclude),
      asOf: options.asOf ? asOf.toISOString() : null,
    },
    settings: createHash('sha256').update(JSON.stringify(shaping)).digest('hex'),
  };
}

/** As one would write it: `run --source batch --table 'sales.*'`. */
function commandLine(command: string, { sources, table, exclude, asOf }: RunSelection): string {
  const globs = (option: string, values: readonly string[]) => values.map((value) => `${option} '${value}'`);
  const source = `--source ${sources.join(',')}`;
  const time = asOf === null ? [] : [`--as-of ${asOf}`];
  return [command, source, ...globs('--table', table), ...globs('--exclude', exclude), ...time].join(' ');
}

function endOf({ state, silentMs }: NewestRun): string {
  if (state === 'interrupted') return 'was stopped';
  if (state === 'failed') return 'failed';
  return `ended without a word ${formatDuration(Math.max(silentMs, 0))} ago`;
}

function doneText(tables: number): string {
  return tables === 0 ? 'no table is done' : `${formatCount(tables, 'table')} ${tables === 1 ? 'is' : 'are'} done`;
}

function hint(wish: boolean | undefined): string {
  return wish === true ? '' : ' (--no-resume begins anew)';
}
