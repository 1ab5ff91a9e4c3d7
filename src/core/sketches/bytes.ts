/** Thrown where encoded bytes are cut, of another version, or contradict themselves; says what was expected. */
export class CorruptState extends Error {
  override readonly name = 'CorruptState';
}

/** Append-only little-endian encoder; `ByteReader` reads the same calls back in the same order. */
export class ByteWriter {
  private buffer: Uint8Array;
  private view: DataView;
  private length = 0;

  constructor(initialBytes = 1024) {
    this.buffer = new Uint8Array(Math.max(16, initialBytes));
    this.view = new DataView(this.buffer.buffer);
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.view.setUint16(this.length, value, true);
    this.length += 2;
  }

  u32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  i32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** An integer from 0 to 2^53 − 1 in 1 to 8 bytes (LEB128). */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`cannot encode ${value}: expected an integer from 0 to 2^53 - 1`);
    }
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.length++] = rest;
  }

  /** The length as a varint, then the bytes. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  /** A copy of everything written so far. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** Reads what `ByteWriter` wrote; every method throws `CorruptState` rather than read past the end. */
export class ByteReader {
  private readonly view: DataView;
  private position = 0;

  constructor(private readonly buffer: Uint8Array) {
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.buffer.length - this.position;
  }

  u8(): number {
    return this.buffer[this.take(1, 'a byte')]!;
  }

  u16(): number {
    return this.view.getUint16(this.take(2, 'a 16-bit integer'), true);
  }

  u32(): number {
    return this.view.getUint32(this.take(4, 'a 32-bit integer'), true);
  }

  i32(): number {
    return this.view.getInt32(this.take(4, 'a 32-bit integer'), true);
  }

  f64(): number {
    return this.view.getFloat64(this.take(8, 'a 64-bit float'), true);
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new CorruptState('expected an integer below 2^53');
  }

  /** A copy of length-prefixed bytes; a length beyond the input throws before anything is allocated. */
  bytes(): Uint8Array {
    const length = this.varint();
    const start = this.take(length, `${length} bytes`);
    return this.buffer.slice(start, start + length);
  }

  /** A number of items that follow, each at least `itemBytes` long and at most `most` of them. */
  count(what: string, most: number, itemBytes: number): number {
    const value = this.varint();
    if (value > most) throw new CorruptState(`expected at most ${most} ${what}, found ${value}`);
    if (value * itemBytes > this.remaining) {
      throw new CorruptState(`expected ${value} ${what}, found ${this.remaining} bytes`);
    }
    return value;
  }

  /** Reads one version byte and throws unless it is `expected`. */
  version(what: string, expected: number): void {
    const found = this.u8();
    if (found !== expected) throw new CorruptState(`expected ${what} version ${expected}, found ${found}`);
  }

  private take(length: number, what: string): number {
    if (length > this.remaining) throw new CorruptState(`expected ${what}, found ${this.remaining} bytes`);
    const start = this.position;
    this.position = start + length;
    return start;
  }
}
