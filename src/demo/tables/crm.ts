import type { DemoTable } from '../table.js';
import { COUNTRY } from './words.js';

const crm = { source: 'batch', schema: 'crm' } as const;

export const crmTables: readonly DemoTable[] = [
  {
    ...crm,
    name: 'countries',
    rows: 9,
    columns: [
      ['code', 'char(2) PRIMARY KEY', `(ARRAY['DE','FR','PL','SE','CZ','AT','NL','BR','DK'])[i]`],
      ['vat_rate', 'numeric(4,3) NOT NULL', '0.17 + 0.01 * pg_temp.pick(i, 1, 9)'],
    ],
  },
  {
    ...crm,
    name: 'segments',
    rows: 12,
    columns: [
      ['segment_id', 'int PRIMARY KEY', 'i'],
      ['title', 'text NOT NULL', `'Segment ' || i`],
      ['min_orders', 'int NOT NULL', '2 * i'],
    ],
  },
  {
    ...crm,
    name: 'customers',
    rows: { perDay: 85, rhythm: 'retail' },
    columns: [
      ['customer_id', 'bigint PRIMARY KEY', 'i'],
      ['email', 'text NOT NULL', `'customer' || i || '@example.com'`],
      ['full_name', 'text', `CASE WHEN pg_temp.u(i, 1) < 0.97 THEN 'Customer ' || i END`],
      ['phone', 'text', `CASE WHEN pg_temp.u(i, 2) < 0.6 THEN '+49 30 ' || (100000 + pg_temp.pick(i, 3, 900000)) END`],
      ['country', 'text NOT NULL', COUNTRY],
      ['lifetime_value', 'float8 NOT NULL', '260 * exp(0.25 * pg_temp.normal(i, 5))'],
      ['newsletter', 'bool NOT NULL', 'pg_temp.u(i, 4) < 0.4'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...crm,
    name: 'tickets',
    rows: { perDay: 110, rhythm: 'office' },
    columns: [
      ['ticket_id', 'bigint PRIMARY KEY', 'i'],
      ['channel', 'text NOT NULL', `pg_temp.word(i, 1, '{mail,mail,mail,chat,chat,phone}')`],
      ['topic', 'text NOT NULL', `pg_temp.word(i, 2, '{delivery,delivery,payment,product,account,other}')`],
      ['handling_minutes', 'float8 NOT NULL', '12 * exp(0.5 * pg_temp.normal(i, 3))'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...crm,
    name: 'loyalty_events',
    rows: { perDay: 360, rhythm: 'retail' },
    columns: [
      ['event_id', 'bigint PRIMARY KEY', 'i'],
      ['customer_id', 'int NOT NULL', '1 + pg_temp.skewed(i, 1, 9000)'],
      ['kind', 'text NOT NULL', `pg_temp.word(i, 2, '{earned,earned,earned,spent,expired}')`],
      ['points', 'int NOT NULL', '10 + pg_temp.skewed(i, 3, 500)'],
      [
        'campaign',
        'text',
        `CASE WHEN pg_temp.u(i, 4) < 0.85 THEN pg_temp.word(i, 5, '{base,base,birthday,double}') END`,
      ],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...crm,
    name: 'newsletter_sends',
    rows: { perDay: 450, rhythm: 'steady' },
    columns: [
      ['send_id', 'bigint PRIMARY KEY', 'i'],
      ['country', 'text NOT NULL', COUNTRY],
      ['template', 'text NOT NULL', `pg_temp.word(i, 2, '{welcome,offer,offer,offer,basket}')`],
      ['opened', 'bool', 'CASE WHEN pg_temp.u(i, 3) < 0.95 THEN pg_temp.u(i, 4) < 0.31 END'],
      ['sent_at', 'timestamptz NOT NULL', 'at'],
      ['loaded_at', 'timestamptz NOT NULL', `at + interval '20 seconds' * pg_temp.u(i, 5)`],
    ],
  },
  {
    ...crm,
    name: 'surveys',
    rows: { perDay: 35, rhythm: 'steady' },
    columns: [
      ['survey_id', 'bigint PRIMARY KEY', 'i'],
      ['score', 'smallint NOT NULL', '10 - pg_temp.skewed(i, 1, 11)'],
      [
        'comment',
        'text',
        `CASE WHEN pg_temp.u(i, 2) < 0.4 THEN pg_temp.word(i, 3, '{fine,"too late",lovely,"box broken"}') END`,
      ],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
    more: [
      'CREATE VIEW crm.new_customers AS SELECT country, created_at::date AS day, count(*) AS customers FROM crm.customers GROUP BY 1, 2',
    ],
  },
];
