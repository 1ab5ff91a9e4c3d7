import {
  COPY_DATA,
  COPY_DONE,
  COPY_OUT,
  ERROR,
  FRAME_BYTES,
  fieldCount,
  HEADER_BYTES,
  headerLength,
  malformed,
} from './copy-protocol.js';
import type { FieldBatch } from './field-batch.js';
import { RowIndex } from './row-index.js';

/** Receives the rows of the COPYs of one protocol string, in order. */
export interface CopyConsumer {
  /** CopyOutResponse of the `copy`-th COPY of the string, from 0. */
  begin(copy: number): void;
  /** The batch is valid only during the call. */
  batch(copy: number, batch: FieldBatch): void;
  /** CopyDone, after the last batch. A COPY that fails has no `end`: discard what its batches gave. */
  end(copy: number): void;
}

const ARENA_BYTES = 512 * 1024;
/** A batch ends at so many bytes, or rows: fixed, so that batches do not depend on how the network cut the stream. */
const BATCH_BYTES = 160 * 1024;
const DEFAULT_MAX_ROW_BYTES = 256 * 1024 * 1024;
/** At least so much room is made for what comes next. */
const CHUNK_BYTES = 64 * 1024;

/** Where the stream is: outside a COPY, before its header, among its rows, after its trailer. */
const IDLE = 0;
const HEADER = 1;
const ROWS = 2;
const TRAILER = 3;

/**
 * Postgres's backend stream with binary COPY in it, parsed in place: each chunk is copied once into a reused arena, and
 * frames and rows are found there without an object, subarray or closure per row (about 3 ns a field). Messages other
 * than CopyData are handed whole and in order to `forward`. A message may hold any part of a row or any number of rows.
 * Throws an Error on what is not such a stream, and on a row larger than `maxRowBytes`; the decoder is then unusable.
 * (Longer than other files: its methods are one state machine over one cursor.)
 */
export class CopyStreamDecoder {
  private readonly base = new Uint8Array(ARENA_BYTES);
  private readonly baseView = new DataView(this.base.buffer);
  private readonly maxRowBytes: number;
  private arena = this.base;
  private view = this.baseView;
  /** First byte of the gathered rows, next unparsed byte, end of what has arrived. */
  private batchStart = 0;
  private position = 0;
  private limit = 0;
  /** End of the CopyData payload at `position`; equal to it between messages; may lie beyond `limit`. */
  private frameEnd = 0;
  /** Parsing again is useless before the arena is filled up to here. */
  private wanted = 0;
  private stage = IDLE;
  private copy = -1;
  private readonly index = new RowIndex();
  private rowCount = 0;
  private payload = 0;

  constructor(
    private readonly consumer: CopyConsumer,
    private readonly forward: (message: Uint8Array) => void,
    options: { readonly maxRowBytes?: number } = {},
  ) {
    this.maxRowBytes = options.maxRowBytes ?? DEFAULT_MAX_ROW_BYTES;
  }

  /** CopyData payload of the messages begun so far, headers and trailers included. */
  get payloadBytes(): number {
    return this.payload;
  }

  /** Rows parsed so far, over all COPYs. */
  get rows(): number {
    return this.rowCount;
  }

  /** Takes bytes as they came from the server's socket, cut anywhere. */
  push(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; ) {
      const remaining = chunk.length - from;
      if (this.limit + remaining > this.arena.length) this.makeRoom(remaining);
      const taken = Math.min(this.arena.length - this.limit, remaining);
      this.arena.set(taken === chunk.length ? chunk : chunk.subarray(from, from + taken), this.limit);
      this.limit += taken;
      from += taken;
      if (this.limit >= this.wanted) this.parse();
    }
  }

  private parse(): void {
    let going = true;
    while (going) {
      if (this.position === this.frameEnd) going = this.openMessage();
      else if (this.stage === ROWS) going = this.readRows();
      else if (this.stage === HEADER) going = this.readHeader();
      else throw malformed('data after its trailer');
    }
  }

  /** Reads whole rows, message after message; returns where something else is due. False where bytes are missing. */
  private readRows(): boolean {
    const { arena, view, maxRowBytes } = this;
    const { offsets, lengths, fields, stride, capacity } = this.index;
    const end = this.limit;
    let position = this.position;
    let frameEnd = this.frameEnd;
    let row = this.index.rows;
    let bytes = this.index.bytes;
    for (;;) {
      const available = Math.min(frameEnd, end);
      let p = position + 2;
      let field = 0;
      if (p <= available) {
        const count = view.getInt16(position);
        if (count !== fields) {
          this.saveRows(position, frameEnd, row, bytes);
          return this.endRows(count);
        }
        for (let cell = row; field < fields && p + 4 <= available; field++, cell += stride) {
          const length = view.getInt32(p);
          p += 4;
          offsets[cell] = p;
          lengths[cell] = length;
          if (length > 0) p += length;
          else if (length < -1) throw malformed(`field ${field + 1} of a row is ${length} bytes long`);
        }
      }
      if (field < fields || p > available) {
        this.saveRows(position, frameEnd, row, bytes);
        return this.continueBeyond(p + 4 * (fields - field));
      }
      if (p - position > maxRowBytes) this.checkSize('row', p - position);
      bytes += p - position;
      position = p;
      row++;
      if (row === capacity || bytes >= BATCH_BYTES) {
        this.saveRows(position, frameEnd, row, bytes);
        this.flush();
        return true;
      }
      if (position === frameEnd) {
        // The usual case stays in this loop: each message is exactly one row and the next one is here, too.
        const length = position + FRAME_BYTES <= end && arena[position] === COPY_DATA ? view.getInt32(position + 1) : 0;
        if (length <= 4) {
          this.saveRows(position, frameEnd, row, bytes);
          return true;
        }
        position += FRAME_BYTES;
        frameEnd = position + length - 4;
        this.payload += length - 4;
      } else if (position === end) {
        this.saveRows(position, frameEnd, row, bytes);
        this.wanted = position + 2;
        return false;
      }
    }
  }

  private saveRows(position: number, frameEnd: number, rows: number, bytes: number): void {
    this.rowCount += rows - this.index.rows;
    this.position = position;
    this.frameEnd = frameEnd;
    this.index.rows = rows;
    this.index.bytes = bytes;
  }

  private endRows(count: number): boolean {
    if (count !== -1) throw malformed(`row ${this.rowCount + 1} has ${count} fields, expected ${this.index.fields}`);
    this.position += 2;
    this.stage = TRAILER;
    return true;
  }

  private readHeader(): boolean {
    const available = Math.min(this.frameEnd, this.limit) - this.position;
    if (available < HEADER_BYTES) return this.continueBeyond(this.position + HEADER_BYTES);
    const length = headerLength(this.view, this.position);
    if (available < length) return this.continueBeyond(this.position + length);
    this.position += length;
    this.stage = ROWS;
    this.batchStart = this.position;
    return true;
  }

  /** What stands at `position` needs the bytes before `needed`: joins the next message to it, or waits for more. */
  private continueBeyond(needed: number): boolean {
    this.checkSize('row', needed - this.position);
    const { frameEnd } = this;
    if (frameEnd > this.limit || this.limit < frameEnd + FRAME_BYTES) {
      this.wanted = needed > frameEnd ? frameEnd + FRAME_BYTES : needed;
      return false;
    }
    const type = this.arena[frameEnd]!;
    const length = this.messageLength(frameEnd);
    if (type === COPY_DATA) {
      this.remove(frameEnd, FRAME_BYTES);
      this.frameEnd += length - 4;
      this.payload += length - 4;
      return true;
    }
    if (type === COPY_DONE || type === COPY_OUT) throw malformed('it ends inside a row');
    if (!this.isWhole(frameEnd, length)) return false;
    const message = this.arena.slice(frameEnd, frameEnd + 1 + length);
    if (type === ERROR) {
      this.position = frameEnd + message.length;
      this.frameEnd = this.position;
      this.abandon();
    } else this.remove(frameEnd, message.length);
    this.forward(message);
    return true;
  }

  /** Takes out what lies between two parts of a row, by moving the smaller side. */
  private remove(at: number, count: number): void {
    if (at - this.position <= this.limit - at - count) {
      this.arena.copyWithin(this.position + count, this.position, at);
      this.position += count;
      this.frameEnd = at + count;
    } else {
      this.arena.copyWithin(at, at + count, this.limit);
      this.limit -= count;
      this.frameEnd = at;
    }
  }

  private openMessage(): boolean {
    const start = this.position;
    if (this.limit - start < FRAME_BYTES) {
      this.wanted = start + FRAME_BYTES;
      return false;
    }
    const type = this.arena[start]!;
    const length = this.messageLength(start);
    if (type === COPY_DATA) {
      if (this.stage === IDLE) throw malformed('data outside a COPY');
      this.position = start + FRAME_BYTES;
      this.frameEnd = this.position + length - 4;
      this.payload += length - 4;
      return true;
    }
    if (!this.isWhole(start, length)) return false;
    const message = this.arena.slice(start, start + 1 + length);
    this.position = start + message.length;
    this.frameEnd = this.position;
    if (type === COPY_OUT) this.beginCopy(message);
    else if (type === COPY_DONE) this.endCopy();
    else if (type === ERROR) this.abandon();
    this.forward(message);
    return true;
  }

  private messageLength(start: number): number {
    const length = this.view.getInt32(start + 1);
    if (length < 4) throw malformed(`message of ${length} bytes`);
    return length;
  }

  private isWhole(start: number, length: number): boolean {
    this.checkSize('message', length);
    this.wanted = start + 1 + length;
    return this.limit >= this.wanted;
  }

  private checkSize(what: string, bytes: number): void {
    if (bytes <= this.maxRowBytes) return;
    throw new Error(`a ${what} of at least ${bytes} bytes exceeds the limit of ${this.maxRowBytes} bytes`);
  }

  private beginCopy(message: Uint8Array): void {
    if (this.stage !== IDLE) throw malformed('a COPY begins inside another');
    this.index.begin(fieldCount(message));
    this.copy++;
    this.stage = HEADER;
    this.consumer.begin(this.copy);
  }

  private endCopy(): void {
    if (this.stage !== TRAILER) throw malformed('it ends without its trailer');
    this.flush();
    this.stage = IDLE;
    this.consumer.end(this.copy);
  }

  /** The server gave the COPY up: rows not handed over are dropped, as the consumer drops those that were. */
  private abandon(): void {
    this.stage = IDLE;
    this.index.clear();
    this.shrink();
  }

  private flush(): void {
    const { rows, fields, stride, offsets, lengths } = this.index;
    const { arena: bytes, view } = this;
    if (rows > 0) this.consumer.batch(this.copy, { bytes, view, rows, fields, stride, offsets, lengths });
    this.index.clear();
    this.batchStart = this.position;
    this.shrink();
  }

  /** Gives a large arena back once the row that needed it is done. */
  private shrink(): void {
    if (this.arena !== this.base && this.limit - this.position <= ARENA_BYTES / 2)
      this.relocate(this.base, this.baseView);
  }

  /** Moves what is still needed to the front, into a larger arena where a single row asks for one. */
  private makeRoom(incoming: number): void {
    const from = this.index.rows > 0 ? this.batchStart : this.position;
    const needed = Math.max(this.wanted, this.limit + Math.min(incoming, CHUNK_BYTES)) - from;
    if (needed <= ARENA_BYTES) this.relocate(this.base, this.baseView);
    else if (needed <= this.arena.length) this.relocate(this.arena, this.view);
    else {
      const grown = new Uint8Array(Math.max(needed, Math.min(2 * this.arena.length, this.maxRowBytes + ARENA_BYTES)));
      this.relocate(grown, new DataView(grown.buffer));
    }
  }

  private relocate(arena: Uint8Array<ArrayBuffer>, view: DataView<ArrayBuffer>): void {
    const from = this.index.rows > 0 ? this.batchStart : this.position;
    if (arena === this.arena) arena.copyWithin(0, from, this.limit);
    else arena.set(this.arena.subarray(from, this.limit));
    this.arena = arena;
    this.view = view;
    this.index.moved(from);
    this.batchStart = 0;
    this.position -= from;
    this.limit -= from;
    this.frameEnd -= from;
    this.wanted -= from;
  }
}
