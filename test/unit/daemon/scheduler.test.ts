import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Schedule, scheduleOfVariable } from '#src/config/schedules.js';
import { Scheduler } from '#src/daemon/scheduler.js';

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-03-28T22:59:30Z') }));
afterEach(() => void vi.useRealTimers());

function scheduled(schedule: Partial<Schedule>, random = () => 0) {
  const due: string[] = [];
  const whole = { ...scheduleOfVariable('0 * * * *'), ...schedule };
  const scheduler = new Scheduler([whole], () => due.push(new Date().toISOString()), random);
  scheduler.start();
  return { due, scheduler, nextAt: () => scheduler.nextAt(whole).map((time) => new Date(time).toISOString()) };
}

test('is due in its own time zone, also where the clocks change', async () => {
  const { nextAt, scheduler } = scheduled({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' });
  // 02:30 of March 29 is skipped by the clocks: it is due when they go on.
  expect(nextAt().slice(0, 2)).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']);
  scheduler.stop();
  expect(nextAt()).toEqual([]);
});

test('its jitter puts it off; what is put off is forgotten when it is stopped', async () => {
  const { due, scheduler } = scheduled({ jitterSeconds: 600 }, () => 0.5);
  await vi.advanceTimersByTimeAsync(5 * 60_000);
  expect(due).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(due).toEqual(['2026-03-28T23:05:00.000Z']);
  await vi.advanceTimersByTimeAsync(55 * 60_000);
  scheduler.stop();
  await vi.advanceTimersByTimeAsync(3 * 3_600_000);
  expect(due.length).toBe(1);
});
