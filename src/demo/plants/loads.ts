import { type Plant, truthAt } from './plant.js';

/** A load that lost one country's feed, nearly all of it: about half of the rows. */
export const halfLoad: Plant = {
  name: 'half load',
  candidates: [
    { source: 'batch', table: 'sales.shipments' },
    { source: 'batch', table: 'crm.newsletter_sends' },
    { source: 'batch', table: 'finance.ledger_entries' },
  ],
  plant: ({ source, table }) => ({
    truth: truthAt(halfLoad.name, { source, table }, ['volume', 'row_count']),
    story: `${table} got only half of its rows: those of country DE are missing`,
    lastDay: { where: `NOT (country = 'DE' AND pg_temp.u(i, 901) < 0.97)` },
  }),
};

/** A load that came twice, with new keys. */
export const duplicateLoad: Plant = {
  name: 'duplicate load',
  candidates: [
    { source: 'batch', table: 'web.searches' },
    { source: 'batch', table: 'finance.refunds' },
    { source: 'batch', table: 'sales.returns' },
    { source: 'cdc', table: 'shop.stock_moves' },
  ],
  plant: ({ source, table }) => ({
    truth: truthAt(duplicateLoad.name, { source, table }, ['volume', 'row_count']),
    story: `the load of ${table} came twice`,
    lastDay: { times: 2 },
  }),
};

/** A table that gets nothing any more. */
export const stopped: Plant = {
  name: 'stopped table',
  candidates: [
    { source: 'batch', table: 'web.carts' },
    { source: 'batch', table: 'finance.gift_cards' },
    { source: 'cdc', table: 'logistics.scans' },
    { source: 'cdc', table: 'shop.coupons' },
  ],
  plant: ({ source, table }) => ({
    truth: truthAt(stopped.name, { source, table }, ['freshness', 'volume']),
    story: `${table} stopped updating`,
    lastDay: { times: 0 },
  }),
};
