import type { ColumnFields } from '../decode/column-fields.js';
import type { FieldBatch } from '../decode/field-batch.js';
import { traitsOf } from '../decode/kind-traits.js';
import { decodeUtf8, encodeUtf8 } from '../decode/utf8.js';
import type { EventState } from '../events/event-state.js';
import type { ColumnSpec } from '../model/relation.js';
import { ByteReader, ByteWriter, CorruptState } from './bytes.js';
import { ColumnState } from './column-state.js';
import { DICTIONARY_LIMIT, type DictionaryLimits } from './dictionary.js';

/** What a state depends on beside the rows. */
export interface StateOptions {
  /** Values longer than this, in bytes, are known by their prefix and length. */
  readonly maxValueBytes: number;
  /** Seeds the quantile sketches. */
  readonly seed: number;
}

/** Thrown where two states, or a state and a table, are not of the same columns or settings: nothing can be merged. */
export class StateMismatch extends Error {
  override readonly name = 'StateMismatch';
}

const VERSION = 1;
/** Tables of more columns share what so many dictionaries may hold, so that memory stays bounded. */
const FULL_DICTIONARIES = 64;
/** Values of varying length may fill so much in all of a table's dictionaries: with few such columns they may be long. */
const DICTIONARIES_ARENA_BYTES = 16 * 2 ** 20;

/**
 * Mergeable state of a table: rows and one `ColumnState` a column. Merging in a fixed order is deterministic. A
 * column takes at most some 300 KiB and its share of 16 MiB for values while it is exact, then 110 KiB (numbers) to 210
 * KiB (texts).
 */
export class TableState {
  rows = 0;

  private constructor(
    readonly specs: readonly ColumnSpec[],
    readonly columns: readonly ColumnState[],
    private readonly fields: readonly ColumnFields[],
    readonly options: StateOptions,
  ) {}

  /** An empty state; `fields[i]` says where column i is in a batch's rows. */
  static create(columns: readonly ColumnSpec[], fields: readonly ColumnFields[], options: StateOptions): TableState {
    if (columns.length !== fields.length) {
      throw new StateMismatch(`${columns.length} columns have fields for ${fields.length}`);
    }
    const limits = dictionaryLimits(columns);
    return new TableState(
      columns,
      columns.map(({ kind }) => new ColumnState(kind, options.seed, limits)),
      fields,
      options,
    );
  }

  /**
   * Takes in a batch of rows, and lets `events`, of the same columns, take it in, too. Throws an Error naming the column
   * where its bytes are not of its kind.
   */
  addBatch(batch: FieldBatch, events: EventState | null = null): void {
    this.rows += batch.rows;
    const slots = events === null ? null : events.beginBatch(batch, this.fields[events.time.column]!);
    for (let i = 0; i < this.columns.length; i++) {
      const fields = this.fields[i];
      if (fields === undefined) throw new StateMismatch('a decoded state can be merged but takes no rows');
      if (fields.value >= batch.fields || fields.length >= batch.fields) {
        throw new StateMismatch(`column ${this.specs[i]!.name} is not among the ${batch.fields} fields of a row`);
      }
      try {
        this.columns[i]!.addBatch(batch, fields, this.options.maxValueBytes, events?.columns[i] ?? null, slots);
      } catch (cause) {
        throw new Error(`column ${this.specs[i]!.name}: ${(cause as Error).message}`, { cause });
      }
    }
  }

  /** Takes in everything `other` has seen; `other` is unchanged. Throws `StateMismatch`. */
  merge(other: TableState): void {
    if (other.options.maxValueBytes !== this.options.maxValueBytes) {
      throw valueBytesMismatch(other.options.maxValueBytes, this.options.maxValueBytes);
    }
    checkColumns(
      this.specs,
      other.specs.map(({ name, kind }) => ({ name, kind })),
    );
    this.rows += other.rows;
    for (let i = 0; i < this.columns.length; i++) this.columns[i]!.merge(other.columns[i]!);
  }

  /** Versioned bytes of the state; the state is unchanged. */
  encode(): Uint8Array {
    const w = new ByteWriter(64 * 1024);
    w.u8(VERSION);
    w.varint(this.options.maxValueBytes);
    w.varint(this.rows);
    w.varint(this.columns.length);
    for (const { name, kind } of this.specs) {
      w.bytes(encodeUtf8(name));
      w.bytes(encodeUtf8(kind));
    }
    for (const column of this.columns) column.encode(w);
    return w.finish();
  }

  /**
   * The state that `encode` wrote, for merging and summarising. Throws `CorruptState` on bytes that are none, and
   * `StateMismatch` where it is of other columns (by name, kind and order) or of another `maxValueBytes`.
   */
  static decode(bytes: Uint8Array, columns: readonly ColumnSpec[], options: StateOptions): TableState {
    const r = new ByteReader(bytes);
    r.version('table state', VERSION);
    const maxValueBytes = r.varint();
    if (maxValueBytes !== options.maxValueBytes) throw valueBytesMismatch(maxValueBytes, options.maxValueBytes);
    const rows = r.varint();
    const found: { name: string; kind: string }[] = [];
    for (let left = r.count('columns', 65_535, 2); left > 0; left--) {
      found.push({ name: readText(r), kind: readText(r) });
    }
    checkColumns(columns, found);
    const limits = dictionaryLimits(columns);
    const states = columns.map(({ kind }) => {
      const column = new ColumnState(kind, options.seed, limits);
      column.decode(r);
      if (column.nulls + column.values !== rows) throw new CorruptState(`expected ${rows} values in every column`);
      return column;
    });
    if (r.remaining !== 0) throw new CorruptState(`expected the end of the state, found ${r.remaining} bytes more`);
    const state = new TableState(columns, states, [], options);
    state.rows = rows;
    return state;
  }

  /**
   * Hands memory back for the next table: thousands of small tables then allocate next to nothing. The state must not be
   * used again. Optional: without it the garbage collector does the same, slower.
   */
  release(): void {
    for (const column of this.columns) column.release();
  }
}

function dictionaryLimits(columns: readonly ColumnSpec[]): DictionaryLimits {
  const share = columns.length <= FULL_DICTIONARIES ? 1 : FULL_DICTIONARIES / columns.length;
  const varying = columns.filter(({ kind }) => traitsOf(kind).width === null).length;
  return {
    entries: Math.max(256, Math.floor(DICTIONARY_LIMIT * share)),
    arenaBytes: Math.floor(DICTIONARIES_ARENA_BYTES / Math.max(varying, 1)),
  };
}

function checkColumns(specs: readonly ColumnSpec[], found: readonly { name: string; kind: string }[]): void {
  if (found.length !== specs.length) throw new StateMismatch(`state of ${found.length} columns, not ${specs.length}`);
  specs.forEach(({ name, kind }, i) => {
    const other = found[i]!;
    if (other.name !== name || other.kind !== kind) {
      throw new StateMismatch(`state of column ${other.name} (${other.kind}), not ${name} (${kind})`);
    }
  });
}

function valueBytesMismatch(found: number, expected: number): StateMismatch {
  return new StateMismatch(`state made with MAX_VALUE_BYTES = ${found}, not ${expected}`);
}

function readText(r: ByteReader): string {
  const bytes = r.bytes();
  return decodeUtf8(bytes, 0, bytes.length);
}
