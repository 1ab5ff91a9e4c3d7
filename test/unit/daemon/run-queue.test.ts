import { expect, test } from 'vitest';
import { type Job, RunQueue } from '#src/daemon/run-queue.js';

/** A queue whose jobs end when told. */
function heldQueue() {
  const begun: (string | null)[] = [];
  const ends: (() => void)[] = [];
  const queue = new RunQueue<Job>(async ({ key }) => {
    begun.push(key);
    await new Promise<void>((resolve) => ends.push(resolve));
  });
  const end = async () => {
    ends.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, begun, end };
}

test('one at a time, in order; of one key one that runs or waits', async () => {
  const { queue, begun, end } = heldQueue();
  expect(['a', 'a', 'b', 'b', null, null].map((key) => queue.offer({ key }))).toEqual([
    ...['started', 'skipped', 'waiting', 'skipped', 'waiting', 'waiting'],
  ]);
  expect([queue.stateOf('a'), queue.stateOf('b'), queue.stateOf('c')]).toEqual(['running', 'waiting', 'idle']);
  await end();
  expect(begun).toEqual(['a', 'b']);
  expect(queue.offer({ key: 'a' })).toBe('waiting');
  for (let i = 0; i < 4; i++) await end();
  await queue.idle();
  expect(begun).toEqual(['a', 'b', null, null, 'a']);
  expect(queue.running).toBeNull();
  expect(queue.offer({ key: 'a' })).toBe('started');
});

test('what waits can be forgotten', async () => {
  const { queue, begun, end } = heldQueue();
  for (const key of ['a', 'b']) queue.offer({ key });
  queue.clear();
  await end();
  await queue.idle();
  expect(begun).toEqual(['a']);
});
