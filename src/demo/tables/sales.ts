import type { DemoTable } from '../table.js';
import { COUNTRY } from './words.js';

const sales = { source: 'batch', schema: 'sales' } as const;

export const salesTables: readonly DemoTable[] = [
  {
    ...sales,
    name: 'stores',
    rows: 60,
    columns: [
      ['store_id', 'int PRIMARY KEY', 'i'],
      ['city', 'text NOT NULL', `pg_temp.word(i, 1, '{Malmö,Köln,Łódź,Brno,Utrecht,Gent,Lyon,Graz}') || ' ' || i`],
      [
        'manager',
        'text',
        `pg_temp.word(i, 2, '{Ada,Grace,Edsger,Barbara,Donald}') || ' ' || pg_temp.word(i, 3, '{Holm,Weiss,Nowak,Dvořák}')`,
      ],
      ['area_m2', 'int NOT NULL', '200 + pg_temp.skewed(i, 4, 3000)'],
      ['opened_on', 'date NOT NULL', `date '2012-01-01' + pg_temp.pick(i, 5, 4000)`],
    ],
  },
  {
    ...sales,
    name: 'products',
    rows: 3_000,
    columns: [
      ['product_id', 'int PRIMARY KEY', 'i'],
      ['sku', 'text NOT NULL UNIQUE', `'SKU-' || lpad(i::text, 7, '0')`],
      [
        'title',
        'text NOT NULL',
        `pg_temp.word(i, 1, '{Oak,Linen,Steel,Crème,Wool,Glass}') || ' ' || pg_temp.word(i, 2, '{chair,lamp,table,shelf,rug,vase,sofa}')`,
      ],
      ['category', 'text NOT NULL', `pg_temp.word(i, 3, '{furniture,lighting,textiles,decor,garden}')`],
      ['price', 'numeric(10,2) NOT NULL', 'pg_temp.money(i, 4, 45)'],
      ['weight_g', 'int', 'CASE WHEN pg_temp.u(i, 5) < 0.9 THEN 100 + pg_temp.skewed(i, 6, 40000) END'],
      [
        'tags',
        'text[] NOT NULL',
        `ARRAY[pg_temp.word(i, 7, '{new,sale,eco,classic}'), pg_temp.word(i, 8, '{indoor,outdoor}')]`,
      ],
      [
        'attributes',
        'jsonb',
        `jsonb_build_object('colour', pg_temp.word(i, 9, '{red,green,blue,black,white}'), 'warranty_months', 12 * pg_temp.pick(i, 10, 6))`,
      ],
    ],
  },
  {
    ...sales,
    name: 'product_prices',
    rows: 6_000,
    columns: [
      ['product_id', 'int NOT NULL', '1 + i / 2'],
      ['currency', 'char(3) NOT NULL', `pg_temp.word(i, 1, '{EUR,SEK,PLN}')`],
      ['amount', 'numeric(10,2) NOT NULL', 'pg_temp.money(i, 2, 60)'],
      ['valid_from', 'date NOT NULL', `date '2025-01-01' + pg_temp.pick(i, 3, 400)`],
    ],
  },
  {
    ...sales,
    name: 'promotions',
    rows: 24,
    columns: [
      ['promotion_id', 'int PRIMARY KEY', 'i'],
      ['title', 'text NOT NULL', `pg_temp.word(i, 1, '{Spring,Summer,Midsummer,Weekend}') || ' offer ' || i`],
      ['discount_rate', 'float4 NOT NULL', '0.05 * (1 + pg_temp.pick(i, 2, 8))'],
      ['starts_on', 'date NOT NULL', `date '2026-01-01' + 15 * i::int`],
    ],
  },
  {
    ...sales,
    name: 'orders',
    rows: { perDay: 1_200, rhythm: 'retail' },
    columns: [
      ['order_id', 'bigint PRIMARY KEY', 'i'],
      ['customer_id', 'int NOT NULL', '1 + pg_temp.skewed(i, 1, 9000)'],
      ['country', 'text NOT NULL', COUNTRY],
      ['channel', 'text NOT NULL', `pg_temp.word(i, 3, '{web,web,web,app,app,store,phone}')`],
      ['currency', 'char(3) NOT NULL', `pg_temp.word(i, 4, '{EUR,EUR,EUR,EUR,EUR,EUR,SEK,PLN,CZK,DKK}')`],
      ['total', 'numeric(12,2) NOT NULL', 'pg_temp.money(i, 5, 48)'],
      [
        'discount_rate',
        'float4',
        'CASE WHEN pg_temp.u(i, 6) < 0.3 THEN (0.05 * (1 + pg_temp.pick(i, 7, 8)))::float4 END',
      ],
      ['note', 'text', `CASE WHEN pg_temp.u(i, 8) < 0.05 THEN 'ring twice, flat ' || pg_temp.pick(i, 9, 60) END`],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...sales,
    name: 'order_items',
    rows: { perDay: 2_600, rhythm: 'retail' },
    columns: [
      ['item_id', 'bigint PRIMARY KEY', 'i'],
      ['order_id', 'bigint NOT NULL', 'd::bigint * 1000000 + 1 + pg_temp.pick(i, 1, 1000)'],
      ['product_id', 'int NOT NULL', '1 + pg_temp.skewed(i, 2, 3000)'],
      ['currency', 'char(3) NOT NULL', `pg_temp.word(i, 3, '{EUR,EUR,EUR,EUR,EUR,EUR,SEK,PLN,CZK,DKK}')`],
      ['quantity', 'smallint NOT NULL', '1 + pg_temp.skewed(i, 4, 6)'],
      ['unit_price', 'numeric(10,2) NOT NULL', 'pg_temp.money(i, 5, 30)'],
      ['gift_wrap', 'bool NOT NULL', 'pg_temp.u(i, 6) < 0.08'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...sales,
    name: 'shipments',
    partitionBy: 'created_at',
    rows: { perDay: 1_000, rhythm: 'retail' },
    columns: [
      ['shipment_id', 'bigint NOT NULL', 'i'],
      ['order_id', 'bigint NOT NULL', 'd::bigint * 1000000 + 1 + pg_temp.pick(i, 1, 1000)'],
      ['country', 'text NOT NULL', COUNTRY],
      ['carrier', 'text NOT NULL', `pg_temp.word(i, 3, '{post,post,post,courier,courier,locker,pallet}')`],
      ['weight_kg', 'numeric(8,3)', 'round((2.5 * exp(0.5 * pg_temp.normal(i, 4)))::numeric, 3)'],
      ['tracking', 'uuid NOT NULL', 'pg_temp.id(i, 5)'],
      [
        'transit',
        'interval',
        'CASE WHEN pg_temp.u(i, 6) < 0.97 THEN make_interval(hours => 20 + pg_temp.pick(i, 7, 90)) END',
      ],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...sales,
    name: 'returns',
    rows: { perDay: 420, rhythm: 'retail' },
    columns: [
      ['return_id', 'bigint PRIMARY KEY', 'i'],
      ['order_id', 'bigint NOT NULL', 'i - 14000000'],
      ['reason', 'text', `pg_temp.word(i, 1, '{broken,late,late,"wrong item","changed mind","changed mind",NULL}')`],
      ['refunded', 'numeric(12,2) NOT NULL', 'pg_temp.money(i, 2, 35)'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...sales,
    name: 'inventory_snapshots',
    rows: { perDay: 300, rhythm: 'exact' },
    columns: [
      ['snapshot_date', 'date NOT NULL', 'day'],
      ['product_id', 'int NOT NULL', 'i % 1000000'],
      ['warehouse', 'text NOT NULL', `pg_temp.word(i % 1000000, 1, '{north,south}')`],
      ['on_hand', 'int NOT NULL', 'pg_temp.skewed(i, 2, 400)'],
      ['reserved', 'int NOT NULL', 'pg_temp.skewed(i, 3, 40)'],
      ['loaded_at', 'timestamptz NOT NULL', 'at'],
    ],
    more: [
      `CREATE VIEW sales.daily_revenue AS SELECT created_at::date AS day, currency, count(*) AS orders, sum(total) AS revenue FROM sales.orders GROUP BY 1, 2`,
      `CREATE VIEW sales.price_list AS SELECT p.sku, p.category, pp.currency, pp.amount FROM sales.products p JOIN sales.product_prices pp USING (product_id)`,
      `CREATE MATERIALIZED VIEW sales.product_revenue AS SELECT product_id, sum(quantity) AS units, sum(quantity * unit_price) AS revenue FROM sales.order_items GROUP BY 1`,
    ],
  },
];
