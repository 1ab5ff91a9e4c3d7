import { expect, test } from 'vitest';
import { Channel } from '#src/core/detectors/channel.js';
import { noise } from '../../support/series.js';

const LEAST = 1e-9;
/** A channel that has seen so many figures of unit variance around a centre. */
function channel(centre = 0, length = 500) {
  const random = noise(31);
  const made = new Channel(4);
  for (let i = 0; i < length; i++) made.observe(centre + random(), LEAST);
  return made;
}

test('nothing is said before it knows what is usual', () => {
  const fresh = new Channel(4);
  expect([1, 1e9, -1e9].map((figure) => fresh.observe(figure, LEAST))).toEqual([0, 0, 0]);
  expect(fresh.limit(LEAST)).toBeNaN();
});

test('what is usual is within the limit, what is far off is beyond it, with its side', () => {
  expect(channel(50).centre).toBeCloseTo(50, 0);
  expect(Math.abs(channel().observe(2, LEAST))).toBeLessThan(1);
  expect(channel(50).observe(60, LEAST)).toBeGreaterThan(1);
  expect(channel(50).observe(40, LEAST)).toBeLessThan(-1);
});

test('the same again is no news, further is, and after a long time it is forgotten', () => {
  const random = noise(32);
  const used = channel();
  const rest = (points: number) => {
    for (let i = 0; i < points; i++) used.observe(random(), LEAST);
  };
  expect(used.observe(20, LEAST)).toBeGreaterThan(1);
  rest(100);
  expect(used.observe(20, LEAST)).toBeLessThan(1);
  expect(used.observe(40, LEAST)).toBeGreaterThan(1);
  rest(6_000);
  expect(used.observe(20, LEAST)).toBeGreaterThan(1);
});

test('a slow rise is news, however small its steps', () => {
  const rising = channel();
  const distances = Array.from({ length: 200 }, (_, i) => rising.observe(i / 20, LEAST));
  expect(Math.max(...distances)).toBeGreaterThan(1);
});

test('one that never moves is as wide as the least that is believed', () => {
  const rest = new Channel(4);
  for (let i = 0; i < 200; i++) rest.observe(7, 0.5);
  expect(rest.limit(0.5)).toBe(2);
  expect(rest.observe(7, 0.5)).toBe(0);
  expect(rest.observe(8, 0.5)).toBe(0.5);
});
