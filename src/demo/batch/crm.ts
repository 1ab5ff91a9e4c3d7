import { fill, type RelationGroup } from '../relations.js';

const FIRST = '{Anna,Björn,Chloé,Dario,Ewa,François,Greta,Håkan,Inés,Jiří,Łucja,Marta,Noé,Olga,Søren,Zoë}';
const LAST = '{Müller,Novák,García,Rossi,Lindström,Kowalski,Lefèvre,Ødegård,Schäfer,Sánchez,Dvořák,Brandt}';

/** Customers, where they live, what they ask and which campaigns reach them. */
export const crm: RelationGroup = {
  schema: 'crm',
  statements: [
    `CREATE TYPE crm.tier AS ENUM ('basic', 'silver', 'gold')`,
    `CREATE TABLE crm.customers (customer_id int PRIMARY KEY, external_id uuid NOT NULL UNIQUE, first_name text NOT NULL, last_name text NOT NULL,
      email text NOT NULL, phone text, birth_date date, tier crm.tier NOT NULL, marketing_consent bool, preferences jsonb NOT NULL,
      created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)`,
    fill(
      'crm.customers',
      20_000,
      `i, pg_temp.id(i, 1), pg_temp.word(i, 2, '${FIRST}'), pg_temp.word(i, 3, '${LAST}'), 'customer' || i || '@example.com',
       CASE WHEN pg_temp.u(i, 4) < 0.7 THEN '+49 30 ' || lpad(pg_temp.pick(i, 5, 10000000)::text, 7, '0') END,
       CASE WHEN pg_temp.u(i, 6) < 0.85 THEN date '1945-01-01' + pg_temp.pick(i, 7, 22000) END,
       pg_temp.word(i, 8, '{basic,basic,basic,silver,silver,gold}')::crm.tier,
       CASE WHEN pg_temp.u(i, 9) < 0.9 THEN pg_temp.u(i, 10) < 0.6 END,
       jsonb_build_object('language', pg_temp.word(i, 11, '{de,fr,es,it,pl,cs,sv}'), 'newsletter', pg_temp.u(i, 12) < 0.5),
       pg_temp.moment(i, 20000), pg_temp.moment(i + (20000 - i) * pg_temp.pick(i, 13, 1000) / 1000, 20000)`,
    ),
    `CREATE TABLE crm.addresses (address_id int PRIMARY KEY, customer_id int NOT NULL REFERENCES crm.customers, kind text NOT NULL,
      street text NOT NULL, postcode text NOT NULL, city text NOT NULL, country char(2) NOT NULL)`,
    fill(
      'crm.addresses',
      25_000,
      `i, 1 + (i - 1) * 20000 / 25000, pg_temp.word(i, 1, '{billing,delivery}'), 'Straße ' || pg_temp.pick(i, 2, 4000),
       lpad(pg_temp.pick(i, 3, 100000)::text, 5, '0'), pg_temp.word(i, 4, '{Berlin,Köln,Paris,Kraków,Malmö,Brno,Málaga,Torino}'),
       pg_temp.word(i, 5, '{DE,DE,DE,FR,PL,SE,CZ,ES,IT}')`,
    ),
    `CREATE TABLE crm.tickets (ticket_id int PRIMARY KEY, customer_id int NOT NULL, channel text NOT NULL, subject text NOT NULL, body text,
      priority smallint NOT NULL, satisfaction smallint, labels text[], created_at timestamptz NOT NULL, closed_at timestamptz)`,
    fill(
      'crm.tickets',
      12_000,
      `i, 1 + pg_temp.skewed(i, 1, 20000), pg_temp.word(i, 2, '{mail,chat,phone}'), 'Question about order ' || pg_temp.pick(i, 3, 60000),
       repeat('Lorem ipsum dolor sit amet. ', 1 + pg_temp.skewed(i, 4, 30)), 1 + pg_temp.pick(i, 5, 4),
       CASE WHEN pg_temp.u(i, 6) < 0.4 THEN 1 + pg_temp.pick(i, 7, 5) END,
       CASE WHEN pg_temp.u(i, 8) < 0.8 THEN ARRAY[pg_temp.word(i, 9, '{delivery,refund,account,product}')] ELSE '{}' END,
       pg_temp.moment(i, 12000),
       CASE WHEN i < 11800 THEN pg_temp.moment(i, 12000) + make_interval(mins => 5 + pg_temp.skewed(i, 10, 6000)) END`,
    ),
    `CREATE TABLE crm.campaigns (campaign_id int PRIMARY KEY, name text NOT NULL, channel text NOT NULL, budget numeric(12,2),
      starts date NOT NULL, ends date NOT NULL)`,
    fill(
      'crm.campaigns',
      1_000,
      `i, 'Campaign ' || i, pg_temp.word(i, 1, '{mail,social,search,print}'),
       CASE WHEN pg_temp.u(i, 2) < 0.95 THEN round((500 * exp(pg_temp.normal(i, 3)))::numeric, 2) END,
       pg_temp.moment(i, 1000)::date, pg_temp.moment(i, 1000)::date + 7 + pg_temp.pick(i, 4, 21)`,
    ),
    `CREATE TABLE crm.campaign_contacts (campaign_id int NOT NULL REFERENCES crm.campaigns, customer_id int NOT NULL, sent_at timestamptz NOT NULL,
      opened bool NOT NULL, clicked bool, cost numeric(8,4) NOT NULL)`,
    fill(
      'crm.campaign_contacts',
      40_000,
      `1 + (i - 1) * 1000 / 40000, 1 + pg_temp.pick(i, 1, 20000), pg_temp.moment(i, 40000), pg_temp.u(i, 2) < 0.35,
       CASE WHEN pg_temp.u(i, 2) < 0.35 THEN pg_temp.u(i, 3) < 0.2 END, round((0.01 + 0.1 * pg_temp.u(i, 4))::numeric, 4)`,
    ),
  ],
};
