import { expect, test } from 'vitest';
import { PrioritySlots } from '#src/coordinator/priority-slots.js';
import { WorkerShares } from '#src/coordinator/worker-shares.js';

test('never more holders than slots, and a slot is free again after a failure', async () => {
  const slots = new PrioritySlots(2);
  let holders = 0;
  let most = 0;
  const job = (fails: boolean) => async () => {
    most = Math.max(most, ++holders);
    await new Promise((resolve) => setImmediate(resolve));
    holders--;
    if (fails) throw new Error('it failed');
  };
  const jobs = Array.from({ length: 20 }, (_, i) => slots.run(1, job(i % 3 === 0)));
  const ended = await Promise.allSettled(jobs);
  expect(most).toBe(2);
  expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(7);
  await slots.run(1, async () => {});
});

test('serves the lowest number first, then in order of arrival', async () => {
  const slots = new PrioritySlots(1);
  await slots.acquire(0);
  const order: string[] = [];
  const wait = (name: string, priority: number) => slots.acquire(priority).then(() => void order.push(name));
  const waiting = [wait('b1', 9), wait('a1', 2), wait('b2', 9), wait('a2', 2), wait('first', 1)];
  for (let i = 0; i < waiting.length; i++) {
    slots.release();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(waiting);
  expect(order).toEqual(['first', 'a1', 'a2', 'b1', 'b2']);
});

test('resized, it serves who waits, or takes no more until enough is given back', async () => {
  const slots = new PrioritySlots(1);
  let holders = 0;
  const take = () => slots.acquire(1).then(() => void holders++);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const all = [take(), take(), take(), take()];
  await settle();
  expect(holders).toBe(1);
  slots.resize(3);
  await settle();
  expect(holders).toBe(3);
  slots.resize(1);
  slots.release();
  slots.release();
  await settle();
  expect(holders).toBe(3);
  slots.release();
  await Promise.all(all);
  expect(holders).toBe(4);
});

test('shares: one worker is left to each other source that has work, none where there are too few', () => {
  const sizes = new Map<string, number>();
  class Sized extends PrioritySlots {
    constructor(readonly source: string) {
      super(1);
    }
    override resize(size: number): void {
      sizes.set(this.source, size);
    }
  }
  const shares = new WorkerShares(4);
  const leaveA = shares.join(new Sized('a'), 4);
  expect([...sizes]).toEqual([['a', 4]]);
  const leaveB = shares.join(new Sized('b'), 2);
  expect([...sizes.values()]).toEqual([3, 2]);
  for (const more of ['c', 'd', 'e', 'f']) shares.join(new Sized(more), 9);
  expect([...sizes.values()]).toEqual([1, 1, 1, 1, 1, 1]);
  leaveA();
  leaveB();
  expect(sizes.get('c')).toBe(1);
});
