import type { RelationGroup } from '../relations.js';
import { replica } from './replica.js';

/** The shop's own tables, replicated change by change. */
export const shop: RelationGroup = {
  schema: 'shop',
  statements: [
    ...replica(
      'shop.customers',
      20_000,
      'id int PRIMARY KEY, email text NOT NULL, full_name text, country char(2), is_blocked bool NOT NULL',
      `i, 'customer' || i || '@example.com', CASE WHEN pg_temp.u(i, 1) < 0.98 THEN 'Customer ' || i END,
       pg_temp.word(i, 2, '{DE,DE,FR,PL,SE,CZ}'), pg_temp.u(i, 3) < 0.01`,
    ),
    ...replica(
      'shop.categories',
      1_000,
      'id int PRIMARY KEY, parent_id int, name text NOT NULL',
      `i, CASE WHEN i > 20 THEN 1 + pg_temp.pick(i, 1, 20) END, 'Category ' || i`,
    ),
    ...replica(
      'shop.products',
      5_000,
      'id int PRIMARY KEY, category_id int NOT NULL, title text NOT NULL, price_cents int NOT NULL, document jsonb',
      `i, 1 + pg_temp.pick(i, 1, 1000), 'Product ' || i, 100 + pg_temp.skewed(i, 2, 90000),
       jsonb_build_object('stock', pg_temp.pick(i, 3, 200), 'tags', jsonb_build_array(pg_temp.word(i, 4, '{new,sale,eco}')))`,
    ),
    ...replica(
      'shop.orders',
      60_000,
      'id bigint PRIMARY KEY, customer_id int NOT NULL, state text NOT NULL, total_cents bigint NOT NULL, created_at timestamptz NOT NULL',
      `i, 1 + pg_temp.skewed(i, 1, 20000), pg_temp.word(i, 2, '{done,done,done,open,cancelled}'),
       (4000 * exp(0.8 * pg_temp.normal(i, 3)))::bigint, pg_temp.moment(i, 60000)`,
    ),
    ...replica(
      'shop.order_items',
      150_000,
      'id bigint PRIMARY KEY, order_id bigint NOT NULL, product_id int NOT NULL, quantity smallint NOT NULL, price_cents int NOT NULL',
      `i, 1 + (i - 1) * 60000 / 150000, 1 + pg_temp.skewed(i, 1, 5000), 1 + pg_temp.skewed(i, 2, 6), 100 + pg_temp.skewed(i, 3, 90000)`,
    ),
    ...replica(
      'shop.payments',
      55_000,
      'id uuid PRIMARY KEY, order_id bigint NOT NULL, provider text NOT NULL, amount numeric(12,2) NOT NULL, failure_code text',
      `pg_temp.id(i, 1), 1 + (i - 1) * 60000 / 55000, pg_temp.word(i, 2, '{card,wallet,transfer}'),
       round((40 * exp(0.8 * pg_temp.normal(i, 3)))::numeric, 2),
       CASE WHEN pg_temp.u(i, 4) < 0.03 THEN pg_temp.word(i, 5, '{declined,expired,timeout}') END`,
    ),
  ],
};
