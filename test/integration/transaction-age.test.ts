import { beforeAll, expect, test } from 'vitest';
import { createBreakerBuffer } from '#src/adapters/postgres/circuit-breaker.js';
import { createSlotsBuffer } from '#src/adapters/postgres/connection-slots.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import { SourcePool } from '#src/adapters/postgres/source-pool.js';
import { readOnly } from '#src/adapters/postgres/transaction.js';
import { GUARDS, rejection } from '../support/connections.js';
import { type TestDatabase, testServer } from '../support/postgres.js';

let database: TestDatabase;
let pool: SourcePool;
const guards = { ...GUARDS, maxTransactionAgeMs: 300 };

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  const source = {
    connection: database.connection,
    openConnections: createSlotsBuffer(),
    breaker: { state: createBreakerBuffer(), failures: 5, cooldownMs: 100, recoveryMs: 0 },
    maxConnections: 1,
    keepIdle: true,
  };
  pool = new SourcePool(source, guards, { size: 1, maxOverflow: 0 }, 'sentinel/test/main');
  return () => pool.end();
});

test('a transaction of many short statements ends at its age, whatever the server limits', async () => {
  let statements = 0;
  const error = await rejection(
    pool.withClient((client) =>
      readOnly(client, guards, async () => {
        // As on servers before 17, which limit statements alone.
        await client.query('SET LOCAL transaction_timeout = 0').catch(() => client.query('ROLLBACK; BEGIN'));
        for (;;) {
          await client.query('SELECT pg_sleep(0.1)');
          statements++;
        }
      }),
    ),
  );
  expect(statements).toBeGreaterThan(2);
  const failure = toFailure(error, { source: 'batch', table: 'public.orders' });
  expect(failure).toMatchObject({ code: '25P04', retryable: true });
  expect(failure.message).toContain('MAX_TRANSACTION_AGE');
  // The connection it happened on is not used again: a late cancel request could hit the next statement.
  const one = await pool.withClient((client) => readOnly(client, guards, () => client.query('SELECT 1 AS one')));
  expect(one.rows).toEqual([{ one: 1 }]);
});
