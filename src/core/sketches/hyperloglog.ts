import { type ByteReader, type ByteWriter, CorruptState } from './bytes.js';

/** log2 of the number of registers; the standard error is 1.04 / sqrt(2^15) = 0.57 %. */
export const HLL_PRECISION = 15;

const REGISTERS = 1 << HLL_PRECISION;
const INDEX_MASK = REGISTERS - 1;
/** Hash bits left for the run of zeros: all 32 of the second word, then the 17 of the first that are not the index. */
const ZERO_BITS = 64 - HLL_PRECISION;
const MAX_RHO = ZERO_BITS + 1;

const VERSION = 1;
const SPARSE = 0;
const DENSE = 1;
/** Above this many set registers the dense form (half a byte a register) is the smaller one. */
const SPARSE_LIMIT = REGISTERS / 6;
/** A register this far above the smallest one does not fit four bits and follows as a byte. */
const ESCAPE = 15;

/**
 * Distinct count of 64-bit hashes (Flajolet et al. 2007) with the estimator of Ertl 2017, "New cardinality estimation
 * algorithms for HyperLogLog sketches", algorithm 6, which needs no correction tables and has no bias bump. A split
 * stream merges to exactly the state of the whole one. 32 KiB.
 */
export class HyperLogLog {
  private readonly registers = new Uint8Array(REGISTERS);
  private used = false;

  /** Adds one hash, given as two independent 32-bit words. */
  add(h1: number, h2: number): void {
    this.used = true;
    const index = h1 & INDEX_MASK;
    const rho = h2 !== 0 ? Math.clz32(h2) + 1 : rhoOfZeroWord(h1);
    if (rho > this.registers[index]!) this.registers[index] = rho;
  }

  /** Adds the first `count` hashes. */
  addBatch(h1: Int32Array, h2: Int32Array, count: number): void {
    if (count === 0) return;
    this.used = true;
    const registers = this.registers;
    for (let i = 0; i < count; i++) {
      const first = h1[i]!;
      const second = h2[i]!;
      const rho = second !== 0 ? Math.clz32(second) + 1 : rhoOfZeroWord(first);
      const index = first & INDEX_MASK;
      const held = registers[index]!;
      // The larger of both without a branch, which would be mispredicted for a third of the values until registers settle.
      registers[index] = rho - ((rho - held) & ((rho - held) >> 31));
    }
  }

  /** Takes in everything `other` has seen; `other` is unchanged. */
  merge(other: HyperLogLog): void {
    if (!other.used) return;
    this.used = true;
    const mine = this.registers;
    const theirs = other.registers;
    for (let i = 0; i < REGISTERS; i++) {
      const value = theirs[i]!;
      if (value > mine[i]!) mine[i] = value;
    }
  }

  /** Estimated number of distinct hashes, rounded. */
  estimate(): number {
    if (!this.used) return 0;
    const counts = new Int32Array(64);
    const registers = this.registers;
    for (let i = 0; i < REGISTERS; i++) counts[registers[i]!]!++;
    let z = REGISTERS * tau(1 - counts[MAX_RHO]! / REGISTERS);
    for (let k = ZERO_BITS; k >= 1; k--) z = 0.5 * (z + counts[k]!);
    z += REGISTERS * sigma(counts[0]! / REGISTERS);
    return Math.round(((REGISTERS / z) * REGISTERS) / (2 * Math.LN2));
  }

  /** Sparse (index gaps) while few registers are set, else four bits a register above their minimum. */
  encode(w: ByteWriter): void {
    w.u8(VERSION);
    const registers = this.registers;
    let set = 0;
    let base = MAX_RHO;
    for (let i = 0; i < REGISTERS; i++) {
      const value = registers[i]!;
      if (value !== 0) set++;
      if (value < base) base = value;
    }
    if (set <= SPARSE_LIMIT) {
      w.u8(SPARSE);
      w.varint(set);
      let next = 0;
      for (let i = 0; i < REGISTERS; i++) {
        if (registers[i] === 0) continue;
        w.varint(i - next);
        w.u8(registers[i]!);
        next = i + 1;
      }
      return;
    }
    w.u8(DENSE);
    w.u8(base);
    for (let i = 0; i < REGISTERS; i += 2) {
      w.u8(Math.min(registers[i]! - base, ESCAPE) | (Math.min(registers[i + 1]! - base, ESCAPE) << 4));
    }
    for (let i = 0; i < REGISTERS; i++) if (registers[i]! - base >= ESCAPE) w.u8(registers[i]!);
  }

  static decode(r: ByteReader): HyperLogLog {
    r.version('HyperLogLog', VERSION);
    const sketch = new HyperLogLog();
    const form = r.u8();
    if (form === SPARSE) sketch.decodeSparse(r);
    else if (form === DENSE) sketch.decodeDense(r);
    else throw new CorruptState(`expected a sparse or dense HyperLogLog, found form ${form}`);
    return sketch;
  }

  reset(): void {
    if (!this.used) return;
    this.registers.fill(0);
    this.used = false;
  }

  clone(): HyperLogLog {
    const copy = new HyperLogLog();
    copy.registers.set(this.registers);
    copy.used = this.used;
    return copy;
  }

  private decodeSparse(r: ByteReader): void {
    const set = r.count('registers', SPARSE_LIMIT, 2);
    this.used = set > 0;
    let index = 0;
    for (let i = 0; i < set; i++) {
      index += r.varint();
      if (index >= REGISTERS) throw new CorruptState(`expected a register below ${REGISTERS}, found ${index}`);
      this.registers[index++] = checkedRho(r.u8(), 1);
    }
  }

  private decodeDense(r: ByteReader): void {
    const base = checkedRho(r.u8(), 0);
    const registers = this.registers;
    this.used = true;
    for (let i = 0; i < REGISTERS; i += 2) {
      const pair = r.u8();
      registers[i] = pair & ESCAPE;
      registers[i + 1] = pair >>> 4;
    }
    for (let i = 0; i < REGISTERS; i++) {
      const above = registers[i]!;
      registers[i] = checkedRho(above === ESCAPE ? r.u8() : base + above, base);
    }
  }
}

function rhoOfZeroWord(h1: number): number {
  // clz32 counts the 15 bits that were shifted in.
  return 32 + Math.clz32(h1 >>> HLL_PRECISION) - HLL_PRECISION + 1;
}

function checkedRho(value: number, least: number): number {
  if (value < least || value > MAX_RHO) {
    throw new CorruptState(`expected a register from ${least} to ${MAX_RHO}, found ${value}`);
  }
  return value;
}

/** Ertl's σ: x + Σ x^(2^k) 2^(k−1); infinite for x = 1, which makes the estimate of an empty sketch 0. */
function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let power = x;
  let weight = 1;
  let sum = x;
  for (let previous = -1; sum !== previous; weight += weight) {
    previous = sum;
    power *= power;
    sum += power * weight;
  }
  return sum;
}

/** Ertl's τ: (1 − x − Σ (1 − x^(2^−k))^2 2^(−k)) / 3. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let weight = 1;
  let sum = 1 - x;
  for (let previous = -1; sum !== previous; ) {
    previous = sum;
    root = Math.sqrt(root);
    weight *= 0.5;
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}
