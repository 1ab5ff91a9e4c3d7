/**
 * How many records of worker threads are on their way to a file, in memory that all threads share. A worker that logs
 * faster than the main thread writes waits for it, so that records neither pile up without bound nor have to be dropped.
 * `createWorkerLogger` counts a record up, `LogSystem` down.
 */
export type LogPressure = SharedArrayBuffer;

const UNDERWAY = 0;
/** Grows with each record that is done with; what a waiting worker watches. */
const DONE = 1;

/** Records of a few hundred bytes each: a few MiB. */
const MAX_UNDERWAY = 10_000;
/** A writer that does nothing for so long, on a hung disk say, is not waited for: logs must not stop a run. */
const MAX_WAIT_MS = 250;

export function createLogPressure(): LogPressure {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
}

/** The worker's side: call the result after each record sent. It may block the thread, a main thread must not call it. */
export function createBrake(pressure: LogPressure): () => void {
  const counts = new Int32Array(pressure);
  let stuckAt: number | undefined;
  return () => {
    Atomics.add(counts, UNDERWAY, 1);
    while (Atomics.load(counts, UNDERWAY) > MAX_UNDERWAY) {
      const done = Atomics.load(counts, DONE);
      if (done === stuckAt) return;
      if (Atomics.wait(counts, DONE, done, MAX_WAIT_MS) === 'timed-out') stuckAt = done;
    }
  };
}

/** A record of the main thread, which cannot wait for itself. */
export function countRecord(pressure: LogPressure): void {
  Atomics.add(new Int32Array(pressure), UNDERWAY, 1);
}

/** The writer's side: so many records are in their files, or will never be. */
export function releaseBrake(pressure: LogPressure, records: number): void {
  const counts = new Int32Array(pressure);
  Atomics.sub(counts, UNDERWAY, records);
  Atomics.add(counts, DONE, records);
  Atomics.notify(counts, DONE);
}
