import type { StoreContent } from '../store-content.js';

/** What a store says of its last run, and of the tables as they are since: one line each. */
export type RunContent = readonly string[];

/** Positions in each kind of line of \`storeContent\`, after parsing. */
interface Kind {
  /** The run that the line belongs to: only lines of the last run count. */
  readonly run?: number;
  /** What depends on how many runs came before: whether a line has one, but not which. */
  readonly runs?: readonly number[];
}

/** What a run that ended badly may add to the history beside the last run is left out: other runs, and what is said of them. */
const KINDS: Readonly<Record<string, Kind>> = {
  tables: { runs: [2, 3, 4] },
  columns: { runs: [2, 3] },
  shapes: { runs: [2] },
  tasks: { run: 0 },
  points: { run: 0 },
  profiles: { run: 1 },
  events: { run: 1 },
  sources: { run: 0 },
};

/** The part of a store's content in which one disturbed and repaired must equal one that never was. */
export function lastRunOf(content: StoreContent): RunContent {
  const last = `run ${content.runs!.length}`;
  const rest = Object.entries(KINDS).flatMap(([kind, { run, runs = [] }]) =>
    content[kind]!.map((line) => JSON.parse(line) as unknown[])
      .filter((fields) => run === undefined || fields[run] === last)
      .map((fields) => (kind === 'profiles' ? withoutConsistency(fields) : fields))
      .map((fields) =>
        fields.map((field, index) => (index === run ? 'last' : runs.includes(index) ? field !== null : field)),
      )
      .map((fields) => `${kind} ${JSON.stringify(fields)}`),
  );
  return [...rest, ...foundOnce(content.findings!, last)];
}

/**
 * The snapshot of a table that is read in chunks is exchanged where it grows too old, which a busy machine alone can bring about.
 * The rows do not change here, so the figures must be the same.
 */
function withoutConsistency(profile: readonly unknown[]): unknown[] {
  const [table, run, mode, , ...rest] = profile;
  const summary = rest.at(-1) as object;
  return [table, run, mode, ...rest.slice(0, -1), { ...summary, consistent: undefined }];
}

/** What changed is told by the first run that saw it: the disturbed one, or the one after it. That it saw nothing only the disturbed one may tell. */
function foundOnce(lines: readonly string[], last: string): string[] {
  const subjects = lines.flatMap((line) => {
    const [run, source, , table, column, object, , check] = JSON.parse(line) as unknown[];
    if (check === 'unreachable' && run !== last) return [];
    return `findings ${JSON.stringify({ source, table, column, object, check })}`;
  });
  return [...new Set(subjects)];
}

export interface Difference {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
}

/** Lines that are there too seldom, and too often, than in the reference. */
export function compare(found: RunContent, reference: RunContent): Difference {
  const count = new Map<string, number>();
  for (const line of reference) count.set(line, (count.get(line) ?? 0) - 1);
  for (const line of found) count.set(line, (count.get(line) ?? 0) + 1);
  const lost: string[] = [];
  const doubled: string[] = [];
  for (const [line, surplus] of count) {
    for (let i = surplus; i < 0; i++) lost.push(line);
    for (let i = surplus; i > 0; i--) doubled.push(line);
  }
  return { lost, doubled };
}
