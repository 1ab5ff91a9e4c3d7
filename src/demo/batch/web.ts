import { fill, HISTORY_DAYS, type RelationGroup } from '../relations.js';

const VIEWS = 200_000;

/** What visitors do on the site; page views are partitioned by month. */
export const web: RelationGroup = {
  schema: 'web',
  statements: [
    `CREATE TABLE web.devices (device_id int PRIMARY KEY, family text NOT NULL, os text NOT NULL, screen int[] NOT NULL, is_mobile bool NOT NULL)`,
    fill(
      'web.devices',
      1_000,
      `i, pg_temp.word(i, 1, '{phone,tablet,desktop}'), pg_temp.word(i, 2, '{android,ios,windows,macos,linux}'),
       ARRAY[320 + 40 * pg_temp.pick(i, 3, 60), 480 + 40 * pg_temp.pick(i, 4, 40)], pg_temp.u(i, 5) < 0.6`,
    ),
    `CREATE TABLE web.sessions (session_id uuid PRIMARY KEY, device_id int NOT NULL, customer_id int, address inet, campaign_id int,
      duration interval, created_at timestamptz NOT NULL)`,
    fill(
      'web.sessions',
      60_000,
      `pg_temp.id(i, 1), 1 + pg_temp.skewed(i, 2, 1000), CASE WHEN pg_temp.u(i, 3) < 0.45 THEN 1 + pg_temp.skewed(i, 4, 20000) END,
       ('198.51.100.' || pg_temp.pick(i, 5, 256))::inet, CASE WHEN pg_temp.u(i, 6) < 0.2 THEN 1 + pg_temp.pick(i, 7, 1000) END,
       make_interval(secs => 5 + pg_temp.skewed(i, 8, 2400)), pg_temp.moment(i, 60000)`,
    ),
    `CREATE TABLE web.page_views (view_id bigint NOT NULL, session_id uuid NOT NULL, path text NOT NULL, referrer text, load_ms real NOT NULL,
      status smallint NOT NULL, properties jsonb, created_at timestamptz NOT NULL) PARTITION BY RANGE (created_at)`,
    // the months are those of the data, whenever that is
    `DO $$ DECLARE month timestamptz; BEGIN
       FOR month IN SELECT generate_series(date_trunc('month', pg_temp.anchor() - interval '${HISTORY_DAYS} days'),
         pg_temp.anchor(), interval '1 month') LOOP
         EXECUTE format('CREATE TABLE web.%I PARTITION OF web.page_views FOR VALUES FROM (%L) TO (%L)',
           'page_views_' || to_char(month, 'YYYY_MM'), month, month + interval '1 month');
       END LOOP; END $$`,
    fill(
      'web.page_views',
      VIEWS,
      `i, pg_temp.id(1 + (i - 1) * 60000 / ${VIEWS}, 1), '/' || pg_temp.word(i, 1, '{products,products,products,cart,search,account,""}') || '/' || pg_temp.skewed(i, 2, 5000),
       CASE WHEN pg_temp.u(i, 3) < 0.3 THEN 'https://' || pg_temp.word(i, 4, '{search,social,news}') || '.example/' END,
       (80 * exp(0.6 * pg_temp.normal(i, 5)))::real, CASE WHEN pg_temp.u(i, 6) < 0.985 THEN 200 ELSE 404 + 96 * pg_temp.pick(i, 7, 2) END,
       CASE WHEN pg_temp.u(i, 8) < 0.25 THEN jsonb_build_object('variant', pg_temp.word(i, 9, '{A,B}'), 'scroll', round(pg_temp.u(i, 10)::numeric, 2)) END,
       pg_temp.moment(i, ${VIEWS})`,
    ),
    `CREATE TABLE web.searches (search_id bigint PRIMARY KEY, session_id uuid, query text NOT NULL, results int NOT NULL, filters text[],
      created_at timestamptz NOT NULL)`,
    fill(
      'web.searches',
      20_000,
      `i, pg_temp.id(1 + (i - 1) * 3, 1), pg_temp.word(i, 1, '{"oak table",lamp,rug,Sofa,"vase blå",étagère,""}'), pg_temp.skewed(i, 2, 400),
       CASE WHEN pg_temp.u(i, 3) < 0.5 THEN ARRAY[pg_temp.word(i, 4, '{price,colour,size}')] END, pg_temp.moment(i, 20000)`,
    ),
  ],
};
