import { LAST_DAY } from '../calendar.js';
import { type Plant, truthAt } from './plant.js';

const DRIFT_DAYS = 20;

/** A third of a column's values become null. */
export const nullJump: Plant = {
  name: 'null jump',
  candidates: [
    { source: 'cdc', table: 'shop.orders', column: 'campaign' },
    { source: 'batch', table: 'crm.loyalty_events', column: 'campaign' },
    { source: 'batch', table: 'finance.invoices', column: 'purchase_order' },
  ],
  plant: (at) => ({
    truth: truthAt(nullJump.name, at, ['null_rate', 'first_null']),
    story: `a third of ${at.table}.${at.column} became null`,
    lastDay: { values: { [at.column!]: `CASE WHEN pg_temp.u(i, 902) >= 0.35 THEN ${at.column} END` } },
  }),
};

/** One segment sends cents where it sent euros. */
export const unitChange: Plant = {
  name: 'unit change',
  candidates: [
    { source: 'batch', table: 'sales.order_items', column: 'unit_price', detail: `currency = 'SEK'` },
    { source: 'batch', table: 'finance.payments', column: 'amount', detail: `method = 'invoice'` },
    { source: 'batch', table: 'sales.orders', column: 'total', detail: `channel = 'phone'` },
  ],
  plant: (at) => ({
    truth: truthAt(unitChange.name, at, ['mean']),
    story: `${at.table}.${at.column} is a hundred times as large where ${at.detail}`,
    lastDay: {
      values: { [at.column!]: `CASE WHEN ${at.detail} THEN ${at.column} * 100 ELSE ${at.column} END` },
    },
  }),
};

/** A value that was in every load is in none. */
export const vanishedCategory: Plant = {
  name: 'vanished category',
  candidates: [
    { source: 'batch', table: 'web.events', column: 'device', detail: `'tablet'` },
    { source: 'batch', table: 'crm.tickets', column: 'channel', detail: `'phone'` },
  ],
  plant: (at) => ({
    truth: truthAt(vanishedCategory.name, at, ['categories']),
    story: `${at.table} has no row any more with ${at.column} = ${at.detail}`,
    lastDay: { where: `${at.column} <> ${at.detail}` },
  }),
};

/** A value that nobody knew. */
export const newCategory: Plant = {
  name: 'new category',
  candidates: [
    { source: 'cdc', table: 'logistics.parcels', column: 'service', detail: `'drone'` },
    { source: 'batch', table: 'web.assignments', column: 'variant', detail: `'c'` },
    { source: 'cdc', table: 'shop.order_lines', column: '_cdc_op', detail: `'d'` },
  ],
  plant: (at) => ({
    truth: truthAt(newCategory.name, at, ['categories']),
    story: `${at.table}.${at.column} has the value ${at.detail}, which it never had`,
    lastDay: { values: { [at.column!]: `CASE WHEN pg_temp.u(i, 903) < 0.06 THEN ${at.detail} ELSE ${at.column} END` } },
  }),
};

/** A mean that creeps up by one per cent a day. */
export const drift: Plant = {
  name: 'drift',
  candidates: [
    { source: 'batch', table: 'web.sessions', column: 'duration_ms' },
    { source: 'batch', table: 'crm.customers', column: 'lifetime_value' },
  ],
  plant: (at) => ({
    truth: truthAt(drift.name, at, ['drift', 'mean']),
    story: `${at.table}.${at.column} has crept up by 1 % a day for ${DRIFT_DAYS} days`,
    everyDay: {
      values: { [at.column!]: `${at.column} * power(1.01, greatest(0, d - ${LAST_DAY - DRIFT_DAYS}))` },
    },
  }),
};
