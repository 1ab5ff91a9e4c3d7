import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { CircuitBreaker } from '#src/adapters/postgres/circuit-breaker.js';
import type { BreakerSettings } from '#src/contract/connection.js';

/** One of several threads that ask the same breaker at the same moment, again and again; tells how often it was the one to try. */
const THREADS = 4;
const { settings, gate, rounds } = workerData as { settings: BreakerSettings; gate: Int32Array; rounds: number };
const breaker = new CircuitBreaker('cdc', settings, { probeLimitMs: 60_000 });
const probes: number[] = [];

/** Until every thread has come so far; spins, so that they leave together. */
async function together(step: number): Promise<void> {
  Atomics.add(gate, 0, 1);
  while (Atomics.load(gate, 0) < THREADS * step) await sleep(0);
}

for (let round = 0; round < rounds; round++) {
  const admission = breaker.enter();
  await together(round * 3 + 1);
  breaker.failed(admission, { code: 'ECONNREFUSED', message: 'away' });
  await sleep(2);
  await together(round * 3 + 2);
  let mine: ReturnType<typeof breaker.enter> | null = null;
  try {
    mine = breaker.enter();
  } catch {}
  await together(round * 3 + 3);
  probes.push(mine?.probeAt ? 1 : 0);
  if (mine) breaker.succeeded(mine);
  while (breaker.facts().state !== 'closed') await sleep(0);
}
parentPort?.postMessage(probes);
