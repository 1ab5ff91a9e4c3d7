import { expect, test } from 'vitest';
import { connectionBudget } from '#src/adapters/postgres/budget.js';

const FREE = {
  maxConnections: 400,
  reservedConnections: 3,
  usedConnections: 10,
  usedByRole: 0,
  usedByDatabase: 0,
  roleConnectionLimit: -1,
  databaseConnectionLimit: -1,
};

test('is workers + 2 where the server has room', () => {
  expect(connectionBudget(FREE, { workers: 4 })).toBe(6);
});

test('is what was requested, above or below that', () => {
  expect(connectionBudget(FREE, { workers: 4, requested: 20 })).toBe(20);
  expect(connectionBudget(FREE, { workers: 4, requested: 1 })).toBe(1);
});

test('stays within a quarter of the free slots, also when more was requested', () => {
  const busy = { ...FREE, maxConnections: 100, usedConnections: 83 }; // 14 free
  expect(connectionBudget(busy, { workers: 4 })).toBe(3);
  expect(connectionBudget(busy, { workers: 4, requested: 50 })).toBe(3);
});

test('stays within what is left of the limits of role and database', () => {
  expect(connectionBudget({ ...FREE, roleConnectionLimit: 2 }, { workers: 4 })).toBe(2);
  expect(connectionBudget({ ...FREE, roleConnectionLimit: 5, usedByRole: 2 }, { workers: 4 })).toBe(3);
  expect(connectionBudget({ ...FREE, databaseConnectionLimit: 9, usedByDatabase: 4 }, { workers: 4 })).toBe(5);
});

test('is at least 1, on a server without a free slot too', () => {
  expect(connectionBudget({ ...FREE, maxConnections: 10, usedConnections: 12 }, { workers: 4 })).toBe(1);
  expect(connectionBudget({ ...FREE, databaseConnectionLimit: 0 }, { workers: 4 })).toBe(1);
});
