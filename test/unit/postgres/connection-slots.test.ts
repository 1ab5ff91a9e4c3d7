import { describe, expect, test } from 'vitest';
import { ConnectionSlots, createSlotsBuffer } from '#src/adapters/postgres/connection-slots.js';
import { rejection } from '../../support/connections.js';

describe('ConnectionSlots', () => {
  test('never gives more than the maximum, over all who share the buffer', () => {
    const shared = createSlotsBuffer();
    const [one, other] = [new ConnectionSlots(shared, 3, 1), new ConnectionSlots(shared, 3, 2)];
    expect([one, other, one, other, one].map((slots) => slots.tryAcquire())).toEqual([true, true, true, false, false]);
    expect([one.open(), other.open(), one.peak()]).toEqual([3, 3, 3]);
    other.release();
    expect([one.open(), one.peak(), one.tryAcquire()]).toEqual([2, 3, true]);
  });

  test('who waits gets the slot another gives back, and is seen waiting', async () => {
    const shared = createSlotsBuffer();
    const [one, other] = [new ConnectionSlots(shared, 1, 1), new ConnectionSlots(shared, 1, 2)];
    await one.acquire();
    expect(one.wanted()).toBe(false);
    const waiting = other.acquire();
    expect(one.wanted()).toBe(true);
    one.release();
    await waiting;
    expect(one.open()).toBe(1);
  });

  test('an abort ends the wait and takes nothing', async () => {
    const slots = new ConnectionSlots(createSlotsBuffer(), 1, 1);
    await slots.acquire();
    const controller = new AbortController();
    const waiting = slots.acquire(controller.signal);
    controller.abort(new Error('stopping'));
    expect((await rejection(waiting)).message).toBe('stopping');
    slots.release();
    expect(slots.open()).toBe(0);
    expect((await rejection(slots.acquire(controller.signal))).message).toBe('stopping');
    expect(slots.open()).toBe(0);
  });

  test('what a thread that died had open is given back, and nothing else', () => {
    const shared = createSlotsBuffer();
    const [dead, alive] = [new ConnectionSlots(shared, 9, 5), new ConnectionSlots(shared, 9, 6)];
    for (const slots of [dead, dead, dead, alive]) slots.tryAcquire();
    dead.release();
    for (const slots of [dead, alive]) slots.addUsed(1);
    dead.addWaiting(1);
    expect(alive.use()).toEqual({ open: 3, used: 2, waiting: 1 });
    expect(alive.reclaim(5)).toBe(2);
    expect(alive.use()).toEqual({ open: 1, used: 1, waiting: 0 });
    expect(alive.reclaim(5)).toBe(0);
  });

  test('a buffer of one Int32 keeps the ceiling', () => {
    const slots = new ConnectionSlots(new SharedArrayBuffer(4), 1, 7);
    expect([slots.tryAcquire(), slots.tryAcquire(), slots.open(), slots.wanted()]).toEqual([true, false, 1, false]);
    slots.release();
    expect([slots.reclaim(7), slots.open()]).toEqual([0, 0]);
  });
});
