import type { RelationGroup } from '../relations.js';
import { replica } from './replica.js';

/** Warehouses, stock and parcels, replicated change by change. */
export const logistics: RelationGroup = {
  schema: 'logistics',
  statements: [
    ...replica(
      'logistics.warehouses',
      1_000,
      'id int PRIMARY KEY, code text NOT NULL, position point NOT NULL, capacity int NOT NULL',
      `i, 'W' || lpad(i::text, 4, '0'), point(5 + 12 * pg_temp.u(i, 1), 44 + 10 * pg_temp.u(i, 2)), 500 + pg_temp.pick(i, 3, 20000)`,
    ),
    ...replica(
      'logistics.stock_levels',
      80_000,
      'warehouse_id int NOT NULL, product_id int NOT NULL, on_hand int NOT NULL, reserved int NOT NULL, PRIMARY KEY (warehouse_id, product_id)',
      `1 + (i - 1) % 1000, 1 + (i - 1) / 1000 * 60 + pg_temp.pick(i, 1, 60), pg_temp.skewed(i, 2, 400), pg_temp.skewed(i, 3, 20)`,
    ),
    ...replica(
      'logistics.parcels',
      50_000,
      `id bigint PRIMARY KEY, order_id bigint NOT NULL, carrier text, label uuid NOT NULL, weight_g int NOT NULL, shipped_on date`,
      `i, 1 + (i - 1) * 60000 / 50000, pg_temp.word(i, 1, '{post,courier,locker}'), pg_temp.id(i, 2), 50 + pg_temp.skewed(i, 3, 20000),
       CASE WHEN i < 49500 THEN pg_temp.moment(i, 50000)::date END`,
    ),
    ...replica(
      'logistics.outbox',
      40_000,
      'event_id bigint PRIMARY KEY, topic text NOT NULL, key text, payload jsonb NOT NULL, headers text[]',
      `i, pg_temp.word(i, 1, '{parcel.created,parcel.scanned,parcel.delivered,stock.changed}'), pg_temp.pick(i, 2, 50000)::text,
       jsonb_build_object('id', pg_temp.pick(i, 2, 50000), 'attempt', 1 + pg_temp.skewed(i, 3, 4)),
       CASE WHEN pg_temp.u(i, 4) < 0.5 THEN ARRAY['trace=' || pg_temp.id(i, 5)] END`,
    ),
  ],
};
