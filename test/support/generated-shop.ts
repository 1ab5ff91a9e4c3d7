import type pg from 'pg';

/**
 * A music shop made up by SQL: the 11 tables of Chinook with their mixed-case quoted names, types, nulls and accents.
 * The same rows every time.
 */
export async function loadGeneratedShop(client: pg.Client): Promise<void> {
  for (const sql of [TYPES_OF_TEXT, ...TABLES, ...ROWS, ...KEYS, 'ANALYZE']) await client.query(sql);
}

/** Deterministic picks: `pick(n, salt)` is one of n numbers from 0 on, `word` one of a list with accents. */
const TYPES_OF_TEXT = `
  CREATE FUNCTION pg_temp.pick(i bigint, salt int, n int) RETURNS int IMMUTABLE LANGUAGE sql AS
    $$ SELECT ((hashint8extended(i, salt) % n + n) % n)::int $$;
  CREATE FUNCTION pg_temp.word(i bigint, salt int) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT (ARRAY['Antônio','Björk','Café','Débora','Élan','François','Górecki','Håkansson','Ícaro','João','København',
      'Léonie','Müller','Niño','Østergård','Praça','Quinn','René','São Paulo','Tübingen','Über','Véronique','O''Brien',
      'Żaneta','Back \\ Slash','"Quoted"'])[1 + pg_temp.pick(i, salt, 26)] $$`;

const PERSON = `"Address" VARCHAR(70), "City" VARCHAR(40), "State" VARCHAR(40), "Country" VARCHAR(40),
  "PostalCode" VARCHAR(10), "Phone" VARCHAR(24), "Fax" VARCHAR(24)`;

const table = (name: string, key: string, columns: string) =>
  `CREATE TABLE "${name}" (${columns}, CONSTRAINT "PK_${name}" PRIMARY KEY (${key}))`;

const named = (name: string) => table(name, `"${name}Id"`, `"${name}Id" INT NOT NULL, "Name" VARCHAR(120)`);

const TABLES = [
  named('Artist'),
  named('Genre'),
  named('MediaType'),
  named('Playlist'),
  table('Album', '"AlbumId"', '"AlbumId" INT NOT NULL, "Title" VARCHAR(160) NOT NULL, "ArtistId" INT NOT NULL'),
  table(
    'Track',
    '"TrackId"',
    `"TrackId" INT NOT NULL, "Name" VARCHAR(200) NOT NULL, "AlbumId" INT, "MediaTypeId" INT NOT NULL, "GenreId" INT,
     "Composer" VARCHAR(220), "Milliseconds" INT NOT NULL, "Bytes" INT, "UnitPrice" NUMERIC(10,2) NOT NULL`,
  ),
  table(
    'Employee',
    '"EmployeeId"',
    `"EmployeeId" INT NOT NULL, "LastName" VARCHAR(20) NOT NULL, "FirstName" VARCHAR(20) NOT NULL, "Title" VARCHAR(30),
     "ReportsTo" INT, "BirthDate" TIMESTAMP, "HireDate" TIMESTAMP, ${PERSON}, "Email" VARCHAR(60)`,
  ),
  table(
    'Customer',
    '"CustomerId"',
    `"CustomerId" INT NOT NULL, "FirstName" VARCHAR(40) NOT NULL, "LastName" VARCHAR(20) NOT NULL, "Company" VARCHAR(80),
     ${PERSON}, "Email" VARCHAR(60) NOT NULL, "SupportRepId" INT`,
  ),
  table(
    'Invoice',
    '"InvoiceId"',
    `"InvoiceId" INT NOT NULL, "CustomerId" INT NOT NULL, "InvoiceDate" TIMESTAMP NOT NULL, "BillingAddress" VARCHAR(70),
     "BillingCity" VARCHAR(40), "BillingState" VARCHAR(40), "BillingCountry" VARCHAR(40),
     "BillingPostalCode" VARCHAR(10), "Total" NUMERIC(10,2) NOT NULL`,
  ),
  table(
    'InvoiceLine',
    '"InvoiceLineId"',
    `"InvoiceLineId" INT NOT NULL, "InvoiceId" INT NOT NULL, "TrackId" INT NOT NULL, "UnitPrice" NUMERIC(10,2) NOT NULL,
     "Quantity" INT NOT NULL`,
  ),
  table('PlaylistTrack', '"PlaylistId", "TrackId"', '"PlaylistId" INT NOT NULL, "TrackId" INT NOT NULL'),
];

const fill = (name: string, rows: number, values: string) =>
  `INSERT INTO "${name}" SELECT ${values} FROM generate_series(1, ${rows}) AS i`;

const ADDRESS = `pg_temp.pick(i, 31, 900) || ' ' || pg_temp.word(i, 32), pg_temp.word(i, 33),
  CASE WHEN pg_temp.pick(i, 34, 2) = 0 THEN 'QC' END, (ARRAY['Canada','Brasil','France','Česko'])[1 + pg_temp.pick(i, 35, 4)],
  lpad(pg_temp.pick(i, 36, 100000)::text, 5, '0')`;
const CONTACT = `'+1 (555) ' || lpad(pg_temp.pick(i, 37, 1000)::text, 3, '0') || '-0000',
  CASE WHEN pg_temp.pick(i, 38, 5) = 0 THEN '+1 (555) 000-0000' END`;

const ROWS = [
  fill('Artist', 275, `i, pg_temp.word(i, 1) || ' ' || i`),
  fill('Genre', 25, `i, CASE WHEN i < 25 THEN 'Genre ' || i END`),
  fill('MediaType', 5, `i, 'Format ' || i`),
  fill('Playlist', 18, `i, 'Liste ' || pg_temp.word(i, 2)`),
  fill('Album', 347, `i, pg_temp.word(i, 3) || ' / ' || pg_temp.word(i, 4), 1 + pg_temp.pick(i, 5, 275)`),
  fill(
    'Track',
    3503,
    `i, pg_temp.word(i, 6) || ' ' || i, 1 + pg_temp.pick(i, 7, 347), 1 + pg_temp.pick(i, 8, 5), 1 + pg_temp.pick(i, 9, 25),
     CASE WHEN pg_temp.pick(i, 10, 7) > 1 THEN pg_temp.word(i, 11) END, 100000 + pg_temp.pick(i, 12, 400000),
     1000000 + pg_temp.pick(i, 13, 9000000), CASE WHEN pg_temp.pick(i, 14, 16) = 0 THEN 1.99 ELSE 0.99 END`,
  ),
  fill(
    'Employee',
    8,
    `i, left(pg_temp.word(i, 15), 20), left(pg_temp.word(i, 16), 20), 'Agent', CASE WHEN i > 1 THEN 1 + i / 4 END,
     timestamp '1970-01-01' + i * interval '400 days', timestamp '2002-01-01' + i * interval '70 days', ${ADDRESS},
     ${CONTACT}, 'agent' || i || '@example.com'`,
  ),
  fill(
    'Customer',
    59,
    `i, pg_temp.word(i, 17), left(pg_temp.word(i, 18), 20), CASE WHEN pg_temp.pick(i, 19, 6) = 0 THEN 'Société ' || i END,
     ${ADDRESS}, ${CONTACT}, 'customer' || i || '@example.com', 3 + pg_temp.pick(i, 20, 3)`,
  ),
  fill(
    'Invoice',
    412,
    `i, 1 + pg_temp.pick(i, 21, 59), timestamp '2009-01-01' + i * interval '4 days', ${ADDRESS},
     0.99 * (1 + pg_temp.pick(i, 22, 20))`,
  ),
  fill('InvoiceLine', 2240, `i, 1 + (i - 1) * 412 / 2240, 1 + pg_temp.pick(i, 23, 3503), 0.99, 1`),
  `INSERT INTO "PlaylistTrack" SELECT DISTINCT 1 + pg_temp.pick(i, 24, 18), 1 + pg_temp.pick(i, 25, 3503)
   FROM generate_series(1, 9000) AS i`,
];

const references = (name: string, column: string, target: string) => [
  `ALTER TABLE "${name}" ADD CONSTRAINT "FK_${name}${column}" FOREIGN KEY ("${column}") REFERENCES "${target}"`,
  `CREATE INDEX "IFK_${name}${column}" ON "${name}" ("${column}")`,
];

const KEYS = [
  ...references('Album', 'ArtistId', 'Artist'),
  ...references('Customer', 'SupportRepId', 'Employee'),
  ...references('Employee', 'ReportsTo', 'Employee'),
  ...references('Invoice', 'CustomerId', 'Customer'),
  ...references('InvoiceLine', 'InvoiceId', 'Invoice'),
  ...references('InvoiceLine', 'TrackId', 'Track'),
  ...references('PlaylistTrack', 'PlaylistId', 'Playlist'),
  ...references('PlaylistTrack', 'TrackId', 'Track'),
  ...references('Track', 'AlbumId', 'Album'),
  ...references('Track', 'GenreId', 'Genre'),
  ...references('Track', 'MediaTypeId', 'MediaType'),
];
