import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import type * as CliProgress from 'cli-progress';
import { formatCount, formatDuration, formatNumber } from './format.js';
import { escapeControls, pad, wrap } from './text-width.js';

/** Shows how far each source is, on stderr. */
export interface Progress {
  /** Where log lines and messages go meanwhile: above the bars. */
  readonly console: NodeJS.WritableStream;
  sourceDiscovered(source: string, tables: number): void;
  sourceFailed(source: string): void;
  tableDone(source: string): void;
  /** Nothing is read meanwhile, and why; null: it goes on. */
  sourceWaits(source: string, why: string | null): void;
  /** Rows that arrived since the last call. */
  addRows(source: string, rows: number): void;
  /** Take the bars away, or print what is left to say. The last call. */
  finish(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** `bars` where the stream is a terminal, `lines` elsewhere, `none` with --quiet and --json. */
  readonly mode: 'bars' | 'lines' | 'none';
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** How progress is shown on this stream. */
export function progressMode(stream: { readonly isTTY?: boolean }, silent: boolean): ProgressOptions['mode'] {
  if (silent) return 'none';
  return stream.isTTY === true ? 'bars' : 'lines';
}

/** What is known of one source. */
export interface SourceProgress {
  readonly source: string;
  readonly tables: number;
  readonly done: number;
  readonly rows: number;
  readonly elapsedMs: number;
  readonly state: 'running' | 'failed';
  /** Why nothing is read now; absent: it is. */
  readonly waits?: string;
}

const BAR_WIDTH = 24;

/** One source as a bar: `batch  ██████░░  12/40 tables  1,200,000 rows/s  8.0 s left`. */
export function renderBar(progress: SourceProgress, nameWidth: number): string {
  const { source, tables, done, rows, elapsedMs, state } = progress;
  const filled = tables === 0 ? BAR_WIDTH : Math.floor((Math.min(done, tables) / tables) * BAR_WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
  const rate = elapsedMs > 0 ? Math.round(rows / (elapsedMs / 1000)) : 0;
  const parts = [pad(escapeControls(source), nameWidth), bar, `${formatNumber(done)}/${formatNumber(tables)} tables`];
  if (state === 'failed') return [...parts, 'failed'].join('  ');
  if (progress.waits !== undefined) return [...parts, escapeControls(progress.waits)].join('  ');
  return [...parts, `${formatNumber(rate)} rows/s`, ...timeLeft(progress)].join('  ');
}

/** One source as a plain line. */
export function renderProgressLine(progress: SourceProgress): string {
  const { source, tables, done, rows, elapsedMs, state } = progress;
  const parts = [`${formatNumber(done)} of ${formatCount(tables, 'table')}`, formatCount(rows, 'row')];
  const left = done >= tables ? [`in ${formatDuration(elapsedMs)}`] : timeLeft(progress);
  return `${escapeControls(source)}: ${[...parts, ...(state === 'failed' ? ['failed'] : left)].join(', ')}`;
}

/** Too early an estimate misleads: big tables come first. */
const MIN_SHARE = 0.05;
const MIN_ELAPSED_MS = 2000;
/** And so does one of a moment, where the last table takes long. */
const MIN_LEFT_MS = 1000;

function timeLeft({ tables, done, elapsedMs }: SourceProgress): string[] {
  if (done >= tables || elapsedMs < MIN_ELAPSED_MS || done < tables * MIN_SHARE || done === 0) return [];
  const leftMs = (elapsedMs / done) * (tables - done);
  return leftMs < MIN_LEFT_MS ? [] : [`${formatDuration(leftMs)} left`];
}

interface Source {
  tables: number;
  done: number;
  rows: number;
  state: SourceProgress['state'];
  waits?: string;
  startMs: number;
  /** When it was over; undefined while it runs. */
  endMs?: number;
}

/** Start to show progress; nothing is drawn before the first source is discovered. */
export function createProgress({ stream, mode, now = () => performance.now() }: ProgressOptions): Progress {
  const sources = new Map<string, Source>();
  const snapshot = (name: string, source: Source): SourceProgress => ({
    source: name,
    tables: source.tables,
    done: source.done,
    rows: source.rows,
    state: source.state,
    ...(source.waits !== undefined && { waits: source.waits }),
    elapsedMs: (source.endMs ?? now()) - source.startMs,
  });
  const display = mode === 'bars' ? barDisplay(stream) : mode === 'lines' ? lineDisplay(stream, now) : SILENT;
  const update = (name: string, change: (source: Source) => void): void => {
    const source = sources.get(name);
    if (source === undefined) return;
    change(source);
    if (source.done >= source.tables || source.state === 'failed') source.endMs ??= now();
    display.changed(snapshot(name, source), () => snapshot(name, source));
  };
  return {
    console: display.console ?? stream,
    sourceDiscovered(name, tables) {
      sources.set(name, { tables, done: 0, rows: 0, state: 'running', startMs: now() });
      update(name, () => {});
    },
    sourceFailed: (name) =>
      update(name, (source) => {
        source.state = 'failed';
      }),
    tableDone: (name) =>
      update(name, (source) => {
        source.done++;
      }),
    sourceWaits: (name, why) =>
      update(name, (source) => {
        if (why === null) delete source.waits;
        else source.waits = why;
      }),
    addRows: (name, rows) =>
      update(name, (source) => {
        source.rows += rows;
      }),
    finish: () => display.finish(),
  };
}

interface Display {
  readonly console?: NodeJS.WritableStream;
  /** `latest` is what to show whenever it is drawn. */
  changed(progress: SourceProgress, latest: () => SourceProgress): void;
  finish(): void;
}

const SILENT: Display = { changed() {}, finish() {} };

/** Between two lines of one source. */
const LINE_INTERVAL_MS = 1000;
const LINE_SHARE = 0.1;

/** A line for each tenth of a source's tables, at most one a second, and always its last. */
function lineDisplay(stream: NodeJS.WritableStream, now: () => number): Display {
  const shown = new Map<string, { share: number; atMs: number; isOver: boolean }>();
  return {
    changed(progress) {
      const { source, tables, done, state } = progress;
      const last = shown.get(source) ?? { share: 0, atMs: now(), isOver: false };
      if (!shown.has(source)) shown.set(source, last);
      const share = tables === 0 ? 1 : done / tables;
      const isOver = share >= 1 || state === 'failed';
      const isDue = share - last.share >= LINE_SHARE && now() - last.atMs >= LINE_INTERVAL_MS;
      if (last.isOver || !(isOver || isDue)) return;
      shown.set(source, { share, atMs: now(), isOver });
      stream.write(`${renderProgressLine(progress)}\n`);
    },
    finish() {},
  };
}

/** Lines broken where the terminal ends: while bars are shown its own wrapping is off, and the rest of a line would be lost. */
function fitted(text: string, columns = 80): string {
  return text
    .split('\n')
    .map((line) => wrap(line, columns).join('\n'))
    .join('\n');
}

function barDisplay(stream: ProgressOptions['stream']): Display {
  const { MultiBar } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress;
  let nameWidth = 0;
  const bars = new Map<string, CliProgress.SingleBar>();
  const multiBar = new MultiBar({
    stream,
    fps: 10,
    hideCursor: true,
    clearOnComplete: true,
    // A log line overwrites bars whose text did not change, and cli-progress would not draw those again.
    forceRedraw: true,
    format: (_options, _params, payload) =>
      renderBar((payload as { latest: () => SourceProgress }).latest(), nameWidth),
  });
  let isOver = false;
  return {
    console: new Writable({
      write(chunk: Buffer, _encoding, callback) {
        if (bars.size > 0 && !isOver) multiBar.log(fitted(chunk.toString('utf8'), stream.columns));
        else stream.write(chunk);
        callback();
      },
    }),
    changed(progress, latest) {
      if (isOver) return;
      nameWidth = Math.max(nameWidth, progress.source.length);
      const bar = bars.get(progress.source);
      if (bar === undefined) bars.set(progress.source, multiBar.create(progress.tables, 0, { latest }));
      else bar.update(progress.done);
    },
    finish() {
      if (isOver) return;
      isOver = true;
      if (bars.size === 0) return;
      // Lines that wait to be drawn above the bars are lost by stop() alone.
      multiBar.update();
      multiBar.stop();
    },
  };
}
