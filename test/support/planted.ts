import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type pg from 'pg';

/** What lets somebody in; each is found nowhere else in the world. */
export const SECRETS = {
  batchPassword: "Vq7-batch'Pw%40 \\kestrel",
  cdcPassword: 'cdc-pw-Osprey-51f0',
  storePassword: 'store-pw-Merlin-77ab',
  wrongPassword: 'wrong-pw-Harrier-09cd',
  httpToken: 'http-token-Goshawk-3e1',
  webhookToken: 'T0KEN-webhook-Buzzard-8a2f',
  webhookSecret: 'hmac-key-Falcon-66b1',
  slackToken: 'B00-slack-Hobby-1b7c9d',
  smtpPassword: 'smtp-pw-Eagle-c0ffee',
  pagerdutyKey: 'pd-routing-Kite-91d2e3',
  heartbeatToken: 'beat-Condor-4455aa66',
  inView: 'in-view-Shrike-1a',
  inFunction: 'in-function-Raven-2b',
  inDefault: 'in-default-Magpie-3c',
  inForeignServer: 'in-fdw-Jackdaw-4d',
  raised: 'raised-Rook-5e',
} as const;

/** Values of persons. */
export const PERSONAL = {
  email: 'zoe.planted@person.example',
  secondEmail: 'adam.planted@person.example',
  newEmail: 'new.planted@person.example',
  longEmail: 'mail to quux.planted@person.example please',
  phone: '+49 151 77774242',
  card: '4539578763621486',
  cardGrouped: '4,539,578,763,621,486',
  cardInGroups: '4539 5787 6362 1486',
  iban: 'DE89 3704 0044 0532 0130 00',
  token: 'sk_live_planted51f077ab3e18a2f66b1',
  firstName: 'Wilhelmina-Planted',
  birth: '1931-03-17',
  label: 'label.planted@person.example',
} as const;

/** Tables whose values are personal, in columns that say so and in others, and objects that hold secrets. */
export const PLANTED_SQL = `
  CREATE TYPE who AS ENUM ('${PERSONAL.label}', 'nobody');
  CREATE TABLE people (
    id int PRIMARY KEY, email text, phone text, first_name text, born date, contact text, via text, w who, pay bigint, pay_text text,
    account text, code text, remark text, created_at timestamptz,
    salt text DEFAULT '${SECRETS.inDefault}');
  INSERT INTO people SELECT i, CASE WHEN i % 2 = 0 THEN '${PERSONAL.email}' ELSE '${PERSONAL.secondEmail}' END, '${PERSONAL.phone}',
    '${PERSONAL.firstName}', '${PERSONAL.birth}', CASE WHEN i % 2 = 0 THEN '${PERSONAL.email}' ELSE '${PERSONAL.secondEmail}' END,
    CASE WHEN i % 4 = 0 THEN '${PERSONAL.phone}' WHEN i % 4 = 1 THEN 'desk' ELSE '${PERSONAL.email}' END,
    '${PERSONAL.label}', ${PERSONAL.card}, '${PERSONAL.cardInGroups}', '${PERSONAL.iban}', '${PERSONAL.token}',
    CASE WHEN i % 9 = 0 THEN '${PERSONAL.longEmail}' ELSE 'nothing' || i % 7 END,
    date_trunc('day', now()) - interval '45 days' + i * interval '30 minutes', 'none'
  FROM generate_series(1, 2100) AS i;
  CREATE TABLE single AS SELECT ${PERSONAL.card}::bigint AS card_number, '${PERSONAL.email}'::text AS x;
  CREATE VIEW casts AS SELECT contact::int AS n FROM people;
  CREATE VIEW holds AS SELECT id, '${SECRETS.inView}' <> contact AS differs FROM people;
  CREATE FUNCTION shout(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'cannot log in with ${SECRETS.raised} as %', t USING DETAIL = '${SECRETS.inFunction}', HINT = t; END $$;
  CREATE VIEW raises AS SELECT public.shout(contact) AS s FROM public.people;
  CREATE FUNCTION twice(t text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    RAISE unique_violation USING MESSAGE = 'Key (email)=(' || t || ') already exists', DETAIL = '${SECRETS.inFunction}'; END $$;
  CREATE VIEW repeats AS SELECT public.twice(contact) AS s FROM public.people;
  CREATE VIEW divides AS SELECT id / (length(contact) - length(contact)) AS n FROM people;
  CREATE EXTENSION postgres_fdw;
  CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'x');
  CREATE USER MAPPING FOR PUBLIC SERVER away OPTIONS (user 'someone', password '${SECRETS.inForeignServer}');
  CREATE FOREIGN TABLE far (id int) SERVER away;`;

/** What a day later makes findings that name values: one that is new, one that is gone, rows missing of one value, a first null. */
export const CHANGED_SQL = `
  DELETE FROM people WHERE created_at >= date_trunc('day', now()) - interval '1 day';
  INSERT INTO people (id, email, contact, via, salt, created_at)
    SELECT 10000 + i, '${PERSONAL.newEmail}', '${PERSONAL.newEmail}', '${PERSONAL.newEmail}', 'none', date_trunc('day', now()) - interval '1 day' + i * interval '30 minutes'
    FROM generate_series(0, 46) AS i;
  TRUNCATE single`;

/** Which of these are in the text, however it is written: as it is, in JSON, in HTML, in a URL. */
export function plantedIn(text: string, planted: Readonly<Record<string, string>>): string[] {
  return Object.entries(planted).flatMap(([name, value]) => {
    const spellings = [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      value.replaceAll("'", "''"),
    ];
    return spellings.some((spelling) => text.includes(spelling)) ? [name] : [];
  });
}

/** Every file below a folder, unpacked where it is gzip. */
export function filesBelow(folder: string): [name: string, text: string][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      return [name, (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')];
    });
}

/** Every text and jsonb value of a schema, by column. */
export async function storedTexts(client: pg.Client, schema: string): Promise<[column: string, text: string][]> {
  const { rows } = await client.query<{ t: string; c: string }>(
    `SELECT c.relname AS t, a.attname AS c FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = $1::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype)`,
    [schema],
  );
  const found: [string, string][] = [];
  for (const { t, c } of rows) {
    const all = await client.query<{ text: string | null }>(
      `SELECT string_agg(${c}::text, E'\\n') AS text FROM ${schema}.${t}`,
    );
    found.push([`${t}.${c}`, all.rows[0]!.text ?? '']);
  }
  return found;
}

/** The command line of a process, and what else any user of the machine may see of it. */
export function seenByOthers(pid: number): string {
  return execFileSync('ps', ['-o', 'args=,comm=', '-p', String(pid)], { encoding: 'utf8' });
}
