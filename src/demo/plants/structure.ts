import { type Plant, truthAt } from './plant.js';

/** A number that becomes text. */
export const retyped: Plant = {
  name: 'retyped column',
  candidates: [
    { source: 'batch', table: 'sales.products', column: 'weight_g', detail: 'text' },
    { source: 'batch', table: 'finance.fx_rates', column: 'rate', detail: 'text' },
    { source: 'batch', table: 'crm.segments', column: 'min_orders', detail: 'text' },
  ],
  plant: (at) => ({
    truth: truthAt(retyped.name, at, ['schema']),
    story: `${at.table}.${at.column} became ${at.detail}`,
    statements: [`ALTER TABLE ${at.table} ALTER ${at.column} TYPE ${at.detail}`],
  }),
};

/** A column that is gone. */
export const dropped: Plant = {
  name: 'dropped column',
  candidates: [
    { source: 'batch', table: 'sales.stores', column: 'manager' },
    { source: 'batch', table: 'web.experiments', column: 'owner' },
    { source: 'batch', table: 'finance.cost_centres', column: 'owner' },
  ],
  plant: (at) => ({
    truth: truthAt(dropped.name, at, ['schema']),
    story: `${at.table}.${at.column} was dropped`,
    statements: [`ALTER TABLE ${at.table} DROP COLUMN ${at.column}`],
  }),
};

/** Segments of WAL (16 MiB each) that are written after the slot was left behind. */
const SEGMENTS = 7;

/** A replication slot whose reader never comes back. */
export const slotLeftBehind: Plant = {
  name: 'slot left behind',
  candidates: [
    { source: 'batch', table: 'debezium_retired' },
    { source: 'cdc', table: 'airbyte_trial' },
  ],
  plant: ({ source, table: slot }) => ({
    truth: { plant: slotLeftBehind.name, source, table: null, checks: ['replication_slot'] },
    story: `replication slot ${slot} of ${source} has no reader any more`,
    statements: [
      `SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput')`,
      // A switch needs something to have been written.
      ...Array.from({ length: SEGMENTS }, () => [
        `SELECT pg_logical_emit_message(false, 'demo', 'night batch')`,
        'SELECT pg_switch_wal()',
      ]).flat(),
    ],
  }),
};
