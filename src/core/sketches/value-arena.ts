/** A bounded store of byte strings, appended one after another and closed up when asked to. */
export class ValueArena {
  private buffer = new Uint8Array(0);
  private used = 0;

  /** `capacity` in bytes; the buffer grows towards it. */
  constructor(private readonly capacity: number) {}

  /** True where `length` more bytes can be added. */
  fits(length: number): boolean {
    return this.used + length <= this.capacity;
  }

  /** Copies bytes that fit; returns where they start. */
  add(bytes: Uint8Array, start: number, length: number): number {
    const own = this.used;
    const end = own + length;
    if (end > this.buffer.length) {
      const grown = new Uint8Array(Math.min(this.capacity, Math.max(end, 2 * this.buffer.length, 1024)));
      grown.set(this.buffer.subarray(0, own));
      this.buffer = grown;
    }
    const buffer = this.buffer;
    for (let i = 0; i < length; i++) buffer[own + i] = bytes[start + i]!;
    this.used = end;
    return own;
  }

  /** A view, valid until the next `add` or `keep`. */
  view(start: number, length: number): Uint8Array {
    return this.buffer.subarray(start, start + length);
  }

  /** Drops everything but the strings of these slots, whose `starts` are rewritten. */
  keep(slots: readonly number[], starts: Int32Array, lengths: Int32Array): void {
    const kept = new Uint8Array(this.buffer.length);
    let used = 0;
    for (const slot of slots) {
      kept.set(this.view(starts[slot]!, lengths[slot]!), used);
      starts[slot] = used;
      used += lengths[slot]!;
    }
    this.buffer = kept;
    this.used = used;
  }

  clear(): void {
    this.used = 0;
  }

  copyFrom(other: ValueArena): void {
    this.buffer = other.buffer.slice();
    this.used = other.used;
  }
}
