import { fill, HISTORY_DAYS, type RelationGroup } from '../relations.js';

/** Accounts, ledger, invoices, payments and exchange rates. */
export const finance: RelationGroup = {
  schema: 'finance',
  statements: [
    `CREATE DOMAIN finance.amount AS numeric(14,2)`,
    `CREATE TABLE finance.accounts (account_id int PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL, kind text NOT NULL, is_active bool NOT NULL)`,
    fill(
      'finance.accounts',
      1_000,
      `i, lpad((1000 + i)::text, 6, '0'), 'Account ' || i, pg_temp.word(i, 1, '{asset,liability,income,expense}'), pg_temp.u(i, 2) < 0.95`,
    ),
    `CREATE TABLE finance.ledger_entries (entry_id bigint PRIMARY KEY, account_id int NOT NULL REFERENCES finance.accounts, booked_on date NOT NULL,
      amount finance.amount NOT NULL, currency char(3) NOT NULL, reference text, created_at timestamptz NOT NULL)`,
    fill(
      'finance.ledger_entries',
      120_000,
      `i, 1 + pg_temp.skewed(i, 1, 1000), pg_temp.moment(i, 120000)::date,
       round((100 * pg_temp.normal(i, 2) * exp(pg_temp.normal(i, 3)))::numeric, 2), pg_temp.word(i, 4, '{EUR,EUR,EUR,SEK,PLN}'),
       CASE WHEN pg_temp.u(i, 5) < 0.8 THEN 'R' || pg_temp.pick(i, 6, 900000) END, pg_temp.moment(i, 120000)`,
    ),
    `CREATE TABLE finance.invoices (invoice_id int PRIMARY KEY, customer_id int NOT NULL, net finance.amount NOT NULL, tax finance.amount NOT NULL,
      gross finance.amount GENERATED ALWAYS AS (net + tax) STORED, due_on date NOT NULL, paid bool NOT NULL, created_at timestamptz NOT NULL)`,
    `INSERT INTO finance.invoices (invoice_id, customer_id, net, tax, due_on, paid, created_at)
       SELECT i, customer, net, round(net * 0.19, 2), moment::date + 14, i < 27000, moment FROM generate_series(1::bigint, 30000) AS i,
       LATERAL (SELECT 1 + pg_temp.skewed(i, 1, 20000), round((60 * exp(0.9 * pg_temp.normal(i, 2)))::numeric, 2), pg_temp.moment(i, 30000))
         AS made (customer, net, moment)`,
    `CREATE TABLE finance.payments (payment_id uuid PRIMARY KEY, invoice_id int NOT NULL, method text NOT NULL, amount finance.amount NOT NULL,
      fee numeric(8,4), raw bytea, created_at timestamptz NOT NULL)`,
    fill(
      'finance.payments',
      27_000,
      `pg_temp.id(i, 1), i, pg_temp.word(i, 2, '{card,card,transfer,wallet}'), round((70 * exp(0.9 * pg_temp.normal(i, 3)))::numeric, 2),
       CASE WHEN pg_temp.u(i, 4) < 0.6 THEN round((0.1 + pg_temp.u(i, 5))::numeric, 4) END, int8send(i), pg_temp.moment(i, 27000)`,
    ),
    `CREATE TABLE finance.exchange_rates (day date NOT NULL, currency char(3) NOT NULL, rate numeric NOT NULL, PRIMARY KEY (day, currency))`,
    `INSERT INTO finance.exchange_rates
       SELECT pg_temp.anchor()::date - day::int, currency, round((base * exp(0.01 * pg_temp.normal(day, 1)))::numeric, 6)
       FROM generate_series(0::bigint, ${HISTORY_DAYS * 3 - 1}) AS day, (VALUES ('SEK', 11.3), ('PLN', 4.3), ('CZK', 25.1), ('USD', 1.1)) AS c (currency, base)`,
  ],
};
