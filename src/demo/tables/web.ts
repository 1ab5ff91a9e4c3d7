import type { DemoTable } from '../table.js';
import { COUNTRY } from './words.js';

const web = { source: 'batch', schema: 'web' } as const;

export const webTables: readonly DemoTable[] = [
  {
    ...web,
    name: 'events',
    partitionBy: 'event_time',
    rows: { perDay: 2_200, rhythm: 'retail' },
    columns: [
      ['event_id', 'bigint NOT NULL', 'i'],
      ['session_id', 'uuid NOT NULL', 'pg_temp.id(i / 3, 1)'],
      ['kind', 'text NOT NULL', `pg_temp.word(i, 2, '{view,view,view,view,click,click,basket,order}')`],
      ['device', 'text NOT NULL', `pg_temp.word(i, 3, '{phone,phone,phone,phone,desktop,desktop,desktop,tablet}')`],
      ['url', 'text NOT NULL', `'/p/' || (1 + pg_temp.skewed(i, 4, 3000))`],
      ['load_ms', 'int NOT NULL', '(180 * exp(0.4 * pg_temp.normal(i, 5)))::int'],
      [
        'properties',
        'jsonb',
        `CASE WHEN pg_temp.u(i, 6) < 0.3 THEN jsonb_build_object('ab', pg_temp.pick(i, 7, 2)) END`,
      ],
      ['event_time', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...web,
    name: 'sessions',
    rows: { perDay: 800, rhythm: 'retail' },
    columns: [
      ['session_id', 'uuid PRIMARY KEY', 'pg_temp.id(i, 1)'],
      ['country', 'text NOT NULL', COUNTRY],
      ['browser', 'text NOT NULL', `pg_temp.word(i, 3, '{chrome,chrome,chrome,safari,safari,firefox,edge}')`],
      [
        'referrer',
        'text',
        `CASE WHEN pg_temp.u(i, 4) < 0.8 THEN pg_temp.word(i, 5, '{search,search,social,mail,partner}') END`,
      ],
      ['duration_ms', 'int NOT NULL', '(95000 * exp(0.5 * pg_temp.normal(i, 6)))::int'],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...web,
    name: 'searches',
    rows: { perDay: 420, rhythm: 'retail' },
    columns: [
      ['search_id', 'bigint PRIMARY KEY', 'i'],
      [
        'query',
        'text NOT NULL',
        `pg_temp.word(i, 1, '{chair,lamp,rug,sofa,shelf,vase}') || ' ' || pg_temp.word(i, 2, '{oak,red,small,cheap,garden}')`,
      ],
      ['results', 'int NOT NULL', 'pg_temp.skewed(i, 3, 300)'],
      ['language', 'text NOT NULL', `pg_temp.word(i, 4, '{de,de,de,fr,pl,en}')`],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...web,
    name: 'carts',
    rows: { perDay: 260, rhythm: 'retail' },
    columns: [
      ['cart_id', 'bigint PRIMARY KEY', 'i'],
      ['items', 'smallint NOT NULL', '1 + pg_temp.skewed(i, 1, 9)'],
      ['value', 'numeric(12,2) NOT NULL', 'pg_temp.money(i, 2, 52)'],
      ['voucher', 'text', `CASE WHEN pg_temp.u(i, 3) < 0.12 THEN 'V' || pg_temp.pick(i, 4, 400) END`],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...web,
    name: 'errors',
    rows: { perDay: 60, rhythm: 'steady' },
    columns: [
      ['error_id', 'bigint PRIMARY KEY', 'i'],
      ['status', 'smallint NOT NULL', '(ARRAY[404,404,404,500,502,403])[1 + pg_temp.pick(i, 1, 6)]'],
      ['path', 'text NOT NULL', `'/p/' || pg_temp.skewed(i, 2, 4000)`],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
  {
    ...web,
    name: 'experiments',
    rows: 18,
    columns: [
      ['experiment_id', 'int PRIMARY KEY', 'i'],
      ['title', 'text NOT NULL', `'Experiment ' || i`],
      ['owner', 'text', `pg_temp.word(i, 1, '{search,checkout,home}')`],
    ],
  },
  {
    ...web,
    name: 'assignments',
    rows: { perDay: 200, rhythm: 'retail' },
    columns: [
      ['assignment_id', 'bigint PRIMARY KEY', 'i'],
      ['experiment_id', 'int NOT NULL', '1 + pg_temp.pick(i, 1, 18)'],
      ['variant', 'text NOT NULL', `pg_temp.word(i, 2, '{a,b}')`],
      ['created_at', 'timestamptz NOT NULL', 'at'],
    ],
  },
];
