import { expect, test } from 'vitest';
import { PrioritySlots } from '#src/coordinator/priority-slots.js';

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
