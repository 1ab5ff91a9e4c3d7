import { fill, type RelationGroup } from '../relations.js';

const ORDERS = 60_000;
const LINES = 160_000;

/** Stores, products and what was ordered, shipped and returned; a view and a materialised view over them. */
export const sales: RelationGroup = {
  schema: 'sales',
  statements: [
    `CREATE TYPE sales.order_status AS ENUM ('placed', 'paid', 'shipped', 'delivered', 'cancelled')`,
    `CREATE TABLE sales.stores (store_id int PRIMARY KEY, name text NOT NULL, country char(2) NOT NULL, opened date NOT NULL,
      latitude float8, longitude float8, is_open bool NOT NULL)`,
    fill(
      'sales.stores',
      1_000,
      `i, 'Store ' || i, pg_temp.word(i, 1, '{DE,FR,ES,IT,PL,CZ,SE}'), date '2010-01-01' + pg_temp.pick(i, 2, 5000),
       44 + 10 * pg_temp.u(i, 3), 5 + 12 * pg_temp.u(i, 4), pg_temp.u(i, 5) < 0.97`,
    ),
    `CREATE TABLE sales.products (product_id int PRIMARY KEY, sku text NOT NULL UNIQUE, name text NOT NULL, category text NOT NULL,
      price numeric(10,2) NOT NULL, weight_g int, tags text[] NOT NULL, attributes jsonb, created_at timestamptz NOT NULL)`,
    fill(
      'sales.products',
      5_000,
      `i, 'SKU-' || lpad(i::text, 7, '0'),
       pg_temp.word(i, 1, '{Oak,Linen,Steel,Crème,Wool,Glass}') || ' ' || pg_temp.word(i, 2, '{chair,lamp,table,shelf,rug,vase,sofa}') || ' ' || i,
       pg_temp.word(i, 3, '{furniture,lighting,textiles,decor,garden}'), round((5 + 20 * exp(pg_temp.normal(i, 4)))::numeric, 2),
       CASE WHEN pg_temp.u(i, 5) < 0.9 THEN 100 + pg_temp.skewed(i, 6, 40000) END,
       ARRAY[pg_temp.word(i, 7, '{new,sale,eco,classic}'), pg_temp.word(i, 8, '{indoor,outdoor}')],
       jsonb_build_object('colour', pg_temp.word(i, 9, '{red,green,blue,black,white}'), 'warranty_months', 12 * pg_temp.pick(i, 10, 6)),
       pg_temp.moment(i, 5000)`,
    ),
    `CREATE TABLE sales.orders (order_id bigint PRIMARY KEY, customer_id int NOT NULL, store_id int REFERENCES sales.stores,
      status sales.order_status NOT NULL, currency char(3) NOT NULL, total numeric(12,2) NOT NULL, discount_rate float4,
      note text, created_at timestamptz NOT NULL)`,
    fill(
      'sales.orders',
      ORDERS,
      `i, 1 + pg_temp.skewed(i, 1, 20000), CASE WHEN pg_temp.u(i, 2) < 0.4 THEN 1 + pg_temp.skewed(i, 3, 1000) END,
       pg_temp.word(i, 4, '{delivered,delivered,delivered,shipped,paid,placed,cancelled}')::sales.order_status,
       pg_temp.word(i, 5, '{EUR,EUR,EUR,EUR,SEK,PLN,CZK}'), round((40 * exp(0.8 * pg_temp.normal(i, 6)))::numeric, 2),
       CASE WHEN pg_temp.u(i, 7) < 0.3 THEN (pg_temp.pick(i, 8, 8) * 0.05)::float4 END,
       CASE WHEN pg_temp.u(i, 9) < 0.05 THEN 'ring twice, flat ' || pg_temp.pick(i, 10, 60) END, pg_temp.moment(i, ${ORDERS})`,
    ),
    `CREATE TABLE sales.order_lines (order_id bigint NOT NULL REFERENCES sales.orders, line_no int NOT NULL, product_id int NOT NULL,
      quantity int NOT NULL, unit_price numeric(10,2) NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (order_id, line_no))`,
    `INSERT INTO sales.order_lines
       SELECT 1 + (i - 1) * ${ORDERS} / ${LINES}, row_number() OVER (PARTITION BY (i - 1) * ${ORDERS} / ${LINES} ORDER BY i),
         1 + pg_temp.skewed(i, 1, 5000), 1 + pg_temp.skewed(i, 2, 6), round((5 + 20 * exp(pg_temp.normal(i, 3)))::numeric, 2),
         pg_temp.moment(i, ${LINES})
       FROM generate_series(1::bigint, ${LINES}) AS i`,
    `CREATE TABLE sales.shipments (shipment_id bigint PRIMARY KEY, order_id bigint NOT NULL, carrier text NOT NULL, tracking uuid NOT NULL,
      weight_kg numeric(8,3), delivered_on date, transit interval, created_at timestamptz NOT NULL)`,
    fill(
      'sales.shipments',
      50_000,
      `i, 1 + (i - 1) * ${ORDERS} / 50000, pg_temp.word(i, 1, '{post,courier,locker,pallet}'), pg_temp.id(i, 2),
       round((0.2 + 8 * power(pg_temp.u(i, 3), 2))::numeric, 3),
       CASE WHEN i < 49000 THEN pg_temp.moment(i, 50000)::date + 1 + pg_temp.pick(i, 4, 5) END,
       CASE WHEN i < 49000 THEN make_interval(hours => 20 + pg_temp.pick(i, 4, 90)) END, pg_temp.moment(i, 50000)`,
    ),
    `CREATE TABLE sales.returns (return_id int PRIMARY KEY, order_id bigint NOT NULL, reason text, refunded numeric(12,2) NOT NULL,
      created_at timestamptz NOT NULL)`,
    fill(
      'sales.returns',
      4_000,
      `i, 1 + (i - 1) * ${ORDERS} / 4000, pg_temp.word(i, 1, '{broken,late,"wrong item","changed mind",NULL}'),
       round((25 * exp(0.7 * pg_temp.normal(i, 2)))::numeric, 2), pg_temp.moment(i, 4000)`,
    ),
    `CREATE VIEW sales.daily_revenue AS SELECT created_at::date AS day, currency, count(*) AS orders, sum(total) AS revenue
      FROM sales.orders WHERE status <> 'cancelled' GROUP BY 1, 2`,
    `CREATE MATERIALIZED VIEW sales.product_revenue AS SELECT product_id, sum(quantity) AS units, sum(quantity * unit_price) AS revenue
      FROM sales.order_lines GROUP BY 1`,
    'CREATE UNIQUE INDEX ON sales.product_revenue (product_id)',
  ],
};
