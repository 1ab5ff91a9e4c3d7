import type { DemoTable } from '../table.js';
import { COUNTRY } from './words.js';

/** What change data capture adds: the operation, its place in the log, and when it was committed. */
const METADATA = [
  ['_cdc_op', 'char(1) NOT NULL', `CASE WHEN pg_temp.u(i, 80) < 0.9 THEN 'c' ELSE 'u' END`],
  ['_cdc_lsn', 'bigint NOT NULL', '100000000 + 64 * i'],
] as const;
const COMMITTED = [
  '_cdc_committed_at',
  'timestamptz NOT NULL',
  `at + interval '3 seconds' * pg_temp.u(i, 81)`,
] as const;

const shop = { source: 'cdc', schema: 'shop' } as const;
const logistics = { source: 'cdc', schema: 'logistics' } as const;

/** Tables of the shop's own database, which change data capture brings into the second warehouse. */
export const cdcTables: readonly DemoTable[] = [
  {
    ...shop,
    name: 'customers',
    rows: 8_000,
    columns: [
      ['id', 'int PRIMARY KEY', 'i'],
      ['email', 'text NOT NULL', `'customer' || i || '@example.com'`],
      ['country', 'text NOT NULL', COUNTRY],
      ['is_blocked', 'bool NOT NULL', 'pg_temp.u(i, 3) < 0.01'],
      ...METADATA,
    ],
  },
  {
    ...shop,
    name: 'products',
    rows: 2_000,
    columns: [
      ['id', 'int PRIMARY KEY', 'i'],
      ['title', 'text NOT NULL', `'Product ' || i`],
      ['price_cents', 'int NOT NULL', '100 + pg_temp.skewed(i, 2, 90000)'],
      ['document', 'jsonb', `jsonb_build_object('stock', pg_temp.pick(i, 3, 200))`],
      ...METADATA,
    ],
  },
  {
    ...shop,
    name: 'orders',
    rows: { perDay: 520, rhythm: 'retail' },
    columns: [
      ['id', 'bigint PRIMARY KEY', 'i'],
      ['customer_id', 'int NOT NULL', '1 + pg_temp.skewed(i, 1, 8000)'],
      ['country', 'text NOT NULL', COUNTRY],
      ['channel', 'text NOT NULL', `pg_temp.word(i, 2, '{web,web,web,web,app,app,app,kiosk}')`],
      ['campaign', 'text', `CASE WHEN pg_temp.u(i, 3) < 0.7 THEN pg_temp.word(i, 4, '{none,none,spring,mail}') END`],
      ['total_cents', 'bigint NOT NULL', '(4800 * exp(0.5 * pg_temp.normal(i, 5)))::bigint'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
      ...METADATA,
      COMMITTED,
    ],
  },
  {
    ...shop,
    name: 'order_lines',
    rows: { perDay: 1_100, rhythm: 'retail' },
    columns: [
      ['id', 'bigint PRIMARY KEY', 'i'],
      ['order_id', 'bigint NOT NULL', 'd::bigint * 1000000 + 1 + pg_temp.pick(i, 1, 500)'],
      ['product_id', 'int NOT NULL', '1 + pg_temp.skewed(i, 2, 2000)'],
      ['quantity', 'smallint NOT NULL', '1 + pg_temp.skewed(i, 3, 5)'],
      ['price_cents', 'int NOT NULL', '(3000 * exp(0.5 * pg_temp.normal(i, 4)))::int'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
      ...METADATA,
      COMMITTED,
    ],
  },
  {
    ...shop,
    name: 'stock_moves',
    rows: { perDay: 420, rhythm: 'steady' },
    columns: [
      ['id', 'bigint PRIMARY KEY', 'i'],
      ['product_id', 'int NOT NULL', '1 + pg_temp.skewed(i, 1, 2000)'],
      ['reason', 'text NOT NULL', `pg_temp.word(i, 2, '{sale,sale,sale,restock,count}')`],
      ['quantity', 'int NOT NULL', '1 + pg_temp.skewed(i, 3, 40)'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
      ...METADATA,
      COMMITTED,
    ],
  },
  {
    ...shop,
    name: 'coupons',
    rows: { perDay: 30, rhythm: 'steady' },
    columns: [
      ['id', 'bigint PRIMARY KEY', 'i'],
      ['code', 'text NOT NULL', `'C' || upper(substr(pg_temp.id(i, 1)::text, 1, 8))`],
      ['percent_off', 'smallint NOT NULL', '5 * (1 + pg_temp.pick(i, 2, 6))'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
      ...METADATA,
      COMMITTED,
    ],
  },
  {
    ...logistics,
    name: 'depots',
    rows: 14,
    columns: [
      ['id', 'int PRIMARY KEY', 'i'],
      ['city', 'text NOT NULL', `pg_temp.word(i, 1, '{Hamburg,Leipzig,Poznań,Lille}') || ' ' || i`],
      ['docks', 'int NOT NULL', '2 + pg_temp.pick(i, 2, 20)'],
    ],
  },
  {
    ...logistics,
    name: 'drivers',
    rows: 320,
    columns: [
      ['id', 'int PRIMARY KEY', 'i'],
      ['depot_id', 'int NOT NULL', '1 + pg_temp.pick(i, 1, 14)'],
      ['licence', 'text NOT NULL', `pg_temp.word(i, 2, '{B,C,CE}')`],
    ],
  },
  {
    ...logistics,
    name: 'routes',
    rows: 900,
    columns: [
      ['id', 'int PRIMARY KEY', 'i'],
      ['depot_id', 'int NOT NULL', '1 + pg_temp.pick(i, 1, 14)'],
      ['km', 'numeric(7,1) NOT NULL', 'round((60 * exp(0.5 * pg_temp.normal(i, 2)))::numeric, 1)'],
    ],
  },
  {
    ...logistics,
    name: 'parcels',
    rows: { perDay: 480, rhythm: 'retail' },
    columns: [
      ['id', 'bigint PRIMARY KEY', 'i'],
      ['service', 'text NOT NULL', `pg_temp.word(i, 1, '{standard,standard,standard,express,bulky}')`],
      ['weight_kg', 'numeric(8,3) NOT NULL', 'round((3 * exp(0.45 * pg_temp.normal(i, 2)))::numeric, 3)'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
      ...METADATA,
      COMMITTED,
    ],
  },
  {
    ...logistics,
    name: 'scans',
    rows: { perDay: 900, rhythm: 'retail' },
    columns: [
      ['id', 'bigint PRIMARY KEY', 'i'],
      ['parcel_id', 'bigint NOT NULL', 'd::bigint * 1000000 + 1 + pg_temp.pick(i, 1, 450)'],
      ['station', 'text NOT NULL', `pg_temp.word(i, 2, '{intake,sorting,sorting,truck,door}')`],
      ['created_at', 'timestamptz NOT NULL', 'at'],
      ...METADATA,
      COMMITTED,
    ],
  },
];
