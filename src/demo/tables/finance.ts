import type { DemoTable } from '../table.js';

const finance = { source: 'batch', schema: 'finance' } as const;

export const financeTables: readonly DemoTable[] = [
  {
    ...finance,
    name: 'payments',
    rows: { perDay: 1_150, rhythm: 'retail' },
    columns: [
      ['payment_id', 'uuid PRIMARY KEY', 'pg_temp.id(i, 1)'],
      ['order_id', 'bigint NOT NULL', 'i'],
      ['method', 'text NOT NULL', `pg_temp.word(i, 2, '{card,card,card,card,wallet,wallet,transfer,invoice}')`],
      ['amount', 'numeric(12,2) NOT NULL', 'pg_temp.money(i, 3, 48)'],
      [
        'failure_code',
        'text',
        `CASE WHEN pg_temp.u(i, 4) < 0.03 THEN pg_temp.word(i, 5, '{declined,expired,timeout}') END`,
      ],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...finance,
    name: 'refunds',
    rows: { perDay: 400, rhythm: 'retail' },
    columns: [
      ['refund_id', 'bigint PRIMARY KEY', 'i'],
      ['reason', 'text NOT NULL', `pg_temp.word(i, 1, '{return,return,return,goodwill,fraud}')`],
      ['amount', 'numeric(12,2) NOT NULL', 'pg_temp.money(i, 2, 33)'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...finance,
    name: 'invoices',
    rows: { perDay: 600, rhythm: 'office' },
    columns: [
      ['invoice_id', 'bigint PRIMARY KEY', 'i'],
      ['purchase_order', 'text', `CASE WHEN pg_temp.u(i, 1) < 0.7 THEN 'PO-' || pg_temp.pick(i, 2, 100000) END`],
      ['net', 'numeric(14,2) NOT NULL', 'pg_temp.money(i, 3, 640)'],
      ['vat_rate', 'numeric(4,3) NOT NULL', '(ARRAY[0.19,0.19,0.19,0.07])[1 + pg_temp.pick(i, 4, 4)]'],
      ['due_on', 'date NOT NULL', 'day + 30'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...finance,
    name: 'ledger_entries',
    rows: { perDay: 650, rhythm: 'steady' },
    columns: [
      ['entry_id', 'bigint PRIMARY KEY', 'i'],
      ['account', 'text NOT NULL', `pg_temp.word(i, 1, '{1200,1200,1400,4400,4400,8400}')`],
      [
        'country',
        'text NOT NULL',
        `CASE WHEN pg_temp.u(i, 5) < 0.46 THEN 'DE' ELSE pg_temp.word(i, 6, '{FR,PL,SE,CZ}') END`,
      ],
      ['amount', 'numeric(14,2) NOT NULL', 'pg_temp.money(i, 2, 120)'],
      ['booked_on', 'date NOT NULL', 'day'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...finance,
    name: 'marketing_spend',
    rows: { perDay: 45, rhythm: 'mondays' },
    columns: [
      ['spend_id', 'bigint PRIMARY KEY', 'i'],
      ['channel', 'text NOT NULL', `pg_temp.word(i, 1, '{search,social,display,mail}')`],
      ['amount', 'numeric(12,2) NOT NULL', 'pg_temp.money(i, 2, 900)'],
      ['loaded_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...finance,
    name: 'payouts',
    rows: { perDay: 30, rhythm: 'months' },
    columns: [
      ['payout_id', 'bigint PRIMARY KEY', 'i'],
      ['partner', 'text NOT NULL', `'Partner ' || (i % 1000000)`],
      ['amount', 'numeric(12,2) NOT NULL', 'pg_temp.money(i, 1, 2400)'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...finance,
    name: 'fx_rates',
    rows: { perDay: 12, rhythm: 'exact' },
    columns: [
      [
        'currency',
        'char(3) NOT NULL',
        `(ARRAY['USD','GBP','SEK','PLN','CZK','DKK','CHF','NOK','HUF','RON','JPY','BRL'])[i % 1000000]`,
      ],
      [
        'rate',
        'numeric(14,6) NOT NULL',
        `((ARRAY[1.1,0.85,11.2,4.3,25.1,7.46,0.96,11.6,395,4.97,171,6.1])[i % 1000000] * (1 + 0.004 * pg_temp.normal(i, 1)))::numeric`,
      ],
      ['rate_date', 'date NOT NULL', 'day'],
      ['loaded_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...finance,
    name: 'gift_cards',
    rows: { perDay: 45, rhythm: 'retail' },
    columns: [
      ['card_id', 'bigint PRIMARY KEY', 'i'],
      ['value', 'numeric(8,2) NOT NULL', '(ARRAY[10,20,25,50,50,100])[1 + pg_temp.pick(i, 1, 6)]'],
      ['message', 'text', `CASE WHEN pg_temp.u(i, 2) < 0.5 THEN 'Happy birthday' END`],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...finance,
    name: 'tax_rates',
    rows: 27,
    columns: [
      ['rate_id', 'int PRIMARY KEY', 'i'],
      ['rate', 'numeric(4,3) NOT NULL', '0.05 + 0.01 * pg_temp.pick(i, 1, 20)'],
      ['valid_from', 'date NOT NULL', `date '2020-01-01' + 100 * i::int`],
    ],
  },
  {
    ...finance,
    name: 'cost_centres',
    rows: 40,
    columns: [
      ['centre_id', 'int PRIMARY KEY', 'i'],
      ['title', 'text NOT NULL', `'Centre ' || i`],
      ['owner', 'text', `pg_temp.word(i, 1, '{finance,sales,logistics}')`],
    ],
  },
  {
    ...finance,
    name: 'budgets',
    rows: 480,
    columns: [
      ['centre_id', 'int NOT NULL', '1 + i % 40'],
      ['month', 'date NOT NULL', `(date '2026-01-01' + make_interval(months => (i / 40)::int))::date`],
      ['amount', 'numeric(12,2) NOT NULL', 'pg_temp.money(i, 1, 20000)'],
    ],
  },
];
