import { describe, expect, it } from 'vitest';
import { CopyStreamDecoder } from '#src/core/decode/copy-stream-decoder.js';
import {
  COPY_TRAILER,
  copyBytes,
  copyHeader,
  copyOut,
  decodeStream,
  type Field,
  int2,
  int4,
  message,
  rowBytes,
  text,
} from '../../support/copy-bytes.js';

/** What a decoder tells its consumer and the library, as words. */
class Recorder {
  readonly events: string[] = [];
  readonly decoder: CopyStreamDecoder;

  constructor(options: { maxRowBytes?: number } = {}) {
    this.decoder = new CopyStreamDecoder(
      {
        begin: (copy) => this.events.push(`begin ${copy}`),
        batch: (copy, { bytes, rows, fields, stride, offsets, lengths }) => {
          for (let r = 0; r < rows; r++) {
            const cells = Array.from({ length: fields }, (_, f) => {
              const [start, length] = [offsets[f * stride + r]!, lengths[f * stride + r]!];
              if (length < 0) return 'NULL';
              return length > 99 ? `${length} bytes` : Buffer.from(bytes.subarray(start, start + length)).toString();
            });
            this.events.push(`row ${copy} ${cells.join(',')}`);
          }
        },
        end: (copy) => this.events.push(`end ${copy}`),
      },
      (forwarded) => this.events.push(`message ${String.fromCharCode(forwarded[0]!)} ${forwarded.length}`),
      options,
    );
  }

  push(stream: Uint8Array, size = stream.length): this {
    for (let at = 0; at < stream.length; at += size) this.decoder.push(stream.subarray(at, at + size));
    return this;
  }
}

const ROWS: Field[][] = [
  [text('a'), null, text('')],
  [text('bé'), text('c'), text('d')],
];
const done = message('c', Buffer.alloc(0));

describe('CopyStreamDecoder', () => {
  it('gives rows between begin and end and forwards all but the data', () => {
    const stream = Buffer.concat([
      message('S', Buffer.alloc(9)),
      copyBytes(3, ROWS),
      message('C', text('COPY 2\0')),
      copyBytes(1, []),
      message('Z', text('I')),
    ]);
    const { events, decoder } = new Recorder().push(stream);
    expect(events).toEqual([
      'message S 14',
      'begin 0',
      'message H 14',
      'row 0 a,NULL,',
      'row 0 bé,c,d',
      'end 0',
      'message c 5',
      'message C 12',
      'begin 1',
      'message H 10',
      'end 1',
      'message c 5',
      'message Z 6',
    ]);
    expect(decoder.rows).toBe(2);
    expect(decoder.payloadBytes).toBe(19 + 15 + 19 + 2 + 19 + 2 - 0);
  });

  it.each([1, 2, 3, 5, 7, 11, 64])('reads the same cut into pieces of %i bytes', (size) => {
    const stream = Buffer.concat([copyBytes(3, ROWS), message('Z', text('I'))]);
    const whole = new Recorder().push(stream).events;
    expect(new Recorder().push(stream, size).events).toEqual(whole);
  });

  it('reads rows that span messages and messages of several rows', () => {
    const data = Buffer.concat([copyHeader(), ...ROWS.map(rowBytes), COPY_TRAILER]);
    const rows = ['row 0 a,NULL,', 'row 0 bé,c,d'];
    for (let size = 1; size <= data.length; size++) {
      const messages: Buffer[] = [];
      for (let at = 0; at < data.length; at += size) messages.push(message('d', data.subarray(at, at + size)));
      messages.splice(1, 0, message('d', Buffer.alloc(0)));
      const stream = Buffer.concat([copyOut(3), ...messages, done]);
      for (const cut of [1, 13, stream.length]) {
        const { events } = new Recorder().push(stream, cut);
        expect(events).toEqual(['begin 0', 'message H 14', ...rows, 'end 0', 'message c 5']);
      }
    }
  });

  it('forwards a notice that comes inside a row', () => {
    const data = Buffer.concat([copyHeader(), ...ROWS.map(rowBytes)]);
    const stream = Buffer.concat([
      copyOut(3),
      message('d', data.subarray(0, 25)),
      message('N', Buffer.alloc(300)),
      message('d', data.subarray(25)),
      message('d', COPY_TRAILER),
      done,
    ]);
    for (const cut of [1, 17, stream.length]) {
      expect(new Recorder().push(stream, cut).events).toEqual([
        'begin 0',
        'message H 14',
        'message N 305',
        'row 0 a,NULL,',
        'row 0 bé,c,d',
        'end 0',
        'message c 5',
      ]);
    }
  });

  it.each(['between rows', 'inside a row'])('drops a COPY that the server gives up %s', (where) => {
    const row = rowBytes(ROWS[0]!);
    const stream = Buffer.concat([
      copyOut(3),
      message('d', Buffer.concat([copyHeader(), row])),
      where === 'inside a row' ? message('d', row.subarray(0, 8)) : Buffer.alloc(0),
      message('E', Buffer.alloc(20)),
      copyBytes(3, ROWS.slice(1)),
    ]);
    for (const cut of [1, stream.length]) {
      expect(new Recorder().push(stream, cut).events).toEqual([
        'begin 0',
        'message H 14',
        'message E 25',
        'begin 1',
        'message H 14',
        'row 1 bé,c,d',
        'end 1',
        'message c 5',
      ]);
    }
  });

  it('reads rows without fields and rows of 1,600 fields', () => {
    let empty = 0;
    decodeStream(
      copyBytes(
        0,
        Array.from({ length: 5000 }, () => []),
      ),
      (batch) => {
        empty += batch.rows;
        expect(batch.fields).toBe(0);
      },
    );
    expect(empty).toBe(5000);
    const wide = Array.from({ length: 100 }, (_, r) => Array.from({ length: 1600 }, (_, f) => int4(r * 1600 + f)));
    const sums: number[] = [];
    decodeStream(copyBytes(1600, wide), ({ view, rows, stride, offsets }) => {
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let f = 0; f < 1600; f++) sum += view.getInt32(offsets[f * stride + r]!);
        sums.push(sum);
      }
    });
    expect(sums).toEqual(Array.from({ length: 100 }, (_, r) => r * 1600 * 1600 + (1599 * 1600) / 2));
  });

  it('grows for a large row and goes on in small batches after it', () => {
    const rows = Array.from({ length: 3000 }, (_, r) => [int4(r), r === 1000 ? Buffer.alloc(3_000_000) : text('x')]);
    const arenas: number[] = [];
    let next = 0;
    decodeStream(copyBytes(2, rows), (batch) => {
      arenas.push(batch.bytes.length);
      for (let r = 0; r < batch.rows; r++) {
        expect(batch.view.getInt32(batch.offsets[r]!)).toBe(next);
        expect(batch.lengths[batch.stride + r]).toBe(next === 1000 ? 3_000_000 : 1);
        next++;
      }
    });
    expect(next).toBe(3000);
    expect(Math.max(...arenas)).toBeGreaterThan(3_000_000);
    expect(arenas.at(-1)).toBeLessThan(1_000_000);
  });

  it('cuts batches by their rows, not by the pieces that came', () => {
    const rows = Array.from({ length: 4000 }, (_, r) => [int4(r), Buffer.alloc(r % 500)]);
    const stream = copyBytes(2, rows);
    const sizes = (cuts: number[]) => {
      const found: number[] = [];
      decodeStream(stream, (batch) => found.push(batch.rows), cuts);
      return found;
    };
    expect(sizes([stream.length])).toEqual(sizes([1000, 33, 70_000]));
  });

  it('refuses a row beyond the limit, naming both sizes', () => {
    const stream = copyBytes(1, [[Buffer.alloc(5000)]]);
    for (const cut of [100, stream.length]) {
      const { decoder } = new Recorder({ maxRowBytes: 4000 });
      expect(() => {
        for (let at = 0; at < stream.length; at += cut) decoder.push(stream.subarray(at, at + cut));
      }).toThrow(/row of at least 5006 bytes.*limit of 4000/);
    }
  });

  const head = Buffer.concat([copyOut(1), message('d', copyHeader())]);
  it.each([
    ['a wrong signature', Buffer.concat([copyOut(1), message('d', Buffer.alloc(19))]), /wrong signature/],
    [
      'a negative field length',
      Buffer.concat([head, message('d', Buffer.concat([int2(1), int4(-2)]))]),
      /-2 bytes long/,
    ],
    ['another number of fields', Buffer.concat([head, message('d', int2(2))]), /has 2 fields, expected 1/],
    ['a negative field count', Buffer.concat([head, message('d', int2(-5))]), /has -5 fields, expected 1/],
    [
      'a field beyond its row',
      Buffer.concat([head, message('d', Buffer.concat([int2(1), int4(9)])), done]),
      /ends inside a row/,
    ],
    ['no trailer', Buffer.concat([head, done]), /without its trailer/],
    [
      'data after the trailer',
      Buffer.concat([head, message('d', COPY_TRAILER), message('d', int2(0))]),
      /after its trailer/,
    ],
    ['data outside a COPY', message('d', int2(0)), /outside a COPY/],
    ['the text format', message('H', Buffer.from([0, 0, 0])), /not binary/],
    ['a negative message length', Buffer.from([0x5a, 0xff, 0xff, 0xff, 0xff]), /message of -1 bytes/],
    ['a huge message', Buffer.from([0x5a, 0x7f, 0xff, 0xff, 0xff]), /message of at least 2147483647 bytes/],
  ])('throws on %s', (_, stream, expected) => {
    expect(() => new Recorder().push(stream)).toThrow(expected);
  });
});
