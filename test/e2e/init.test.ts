import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '#src/config/config.js';
import { type CliResult, runCli } from '../support/cli.js';
import { type TestDatabase, type TestServer, testServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
/** util-linux's: it gives a program a pseudo terminal. */
const HAS_SCRIPT = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

/** Everything that a shell, a URL, a .env file or a YAML file could take for something else. */
const HARD_PASSWORD = `pl4nted #"s3cret" $HOME\\n it's=%&@/:?`;
const ODD_NAMES = ['star*', 'what?', 'quo"te', "it's", 'new\nline', 'größe 🙂', 'a.b', '# no comment', 'tmp_*'];

let server: TestServer;
let shop: TestDatabase;
let odd: TestDatabase;
const role = `init_role_${process.pid}`;

beforeAll(async () => {
  server = await testServer();
  shop = await server.createDatabase();
  odd = await server.createDatabase();
  await (await shop.client()).query(`
    CREATE SCHEMA sales;
    CREATE TABLE sales.orders (id int, status text, email text, created_at timestamptz NOT NULL, updated_at timestamptz);
    INSERT INTO sales.orders SELECT i, (ARRAY['new', 'paid', 'sent'])[i % 3 + 1], i || '@x.org', now() - i * interval '1 min', now()
      FROM generate_series(1, 3000) AS i;
    CREATE TABLE sales.visits (id int, event_time timestamptz NOT NULL, ordered_at date NOT NULL);
    CREATE TABLE sales.orders_20240131 AS TABLE sales.orders;
    CREATE TABLE sales.orders_20240229 AS TABLE sales.orders;
    CREATE TABLE sales.tmp_load AS SELECT 1 AS id;
    CREATE TABLE sales.customers_old AS SELECT 1 AS id;
    CREATE TABLE sales.stg_orders AS SELECT 1 AS id;
    CREATE TABLE flyway_schema_history (version text);
    CREATE TABLE sales.parts (id int, day date) PARTITION BY RANGE (day);
    CREATE TABLE sales.parts_p20240101 PARTITION OF sales.parts FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
    CREATE TABLE sales.parts_p20231201 (id int, day date);
    CREATE VIEW sales.dear AS SELECT a.id FROM sales.orders a, sales.orders b, sales.orders c;
    ANALYZE`);
  await (await shop.client()).query(`ALTER DATABASE ${pg.escapeIdentifier(shop.name)} SET TimeZone = 'Europe/Berlin'`);
  await (await odd.client()).query(
    ODD_NAMES.map(
      (name) =>
        `CREATE TABLE ${pg.escapeIdentifier(name)} (${pg.escapeIdentifier('load\ned*')} timestamptz NOT NULL, loaded_at timestamptz NOT NULL);`,
    ).join(''),
  );
  await (await shop.client()).query(`
    CREATE ROLE ${role} LOGIN CONNECTION LIMIT 3 PASSWORD ${pg.escapeLiteral(HARD_PASSWORD)};
    GRANT USAGE ON SCHEMA sales TO ${role};
    GRANT SELECT ON sales.orders TO ${role}`);
});

afterAll(async () => {
  await (await shop.client()).query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

/** The address of a database, without a password unless one is given. */
function address({ connection, name }: TestDatabase, user = connection.user, password?: string): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return `postgres://${user}${secret}@${connection.host}:${connection.port}/${encodeURIComponent(name)}?sslmode=disable`;
}

const password = () => ({ PGPASSWORD: shop.connection.password! });
const text = (cwd: string, name: string) => readFileSync(join(cwd, name), 'utf8');
const init = (cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCli(['init', ...args], { cwd, env });

/** No password, as it is or as a URL or JSON spells it, in what was said. */
function expectSilence({ stdout, stderr }: Pick<CliResult, 'stdout' | 'stderr'>): void {
  for (const secret of [HARD_PASSWORD, 'pl4nted', shop.connection.password!])
    for (const spelling of [secret, encodeURIComponent(secret)]) expect(stdout + stderr).not.toContain(spelling);
}

/** Ends what the test database's server did not give away: a port that nobody listens on. */
const NOWHERE = 'postgres://nobody@127.0.0.1:1/none';

describe('what is written', () => {
  test('is found in the catalogs, valid, and what a run uses', async () => {
    const cwd = workFolder();
    const env = { BATCH_DB_PASSWORD: shop.connection.password!, ODD_DB_PASSWORD: odd.connection.password! };
    const result = await init(cwd, ['--source', `batch=${address(shop)}`, '--source', `odd=${address(odd)}`], env);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expectSilence(result);
    expect(result.stdout).toMatch(/^batch: Postgres .*, 10 tables, .*, clock of Europe\/Berlin$/m);
    expect(result.stdout).toMatch(/^left out: 7 tables, /m);
    expect(result.stdout).toMatch(/\n {2}\$ sentinel health .*\n {2}\$ sentinel run .*\n$/);
    expect(readdirSync(cwd).sort()).toEqual(['.env', 'sentinel.yaml']);
    expect(statSync(join(cwd, '.env')).mode & 0o777).toBe(0o600);

    const policy = text(cwd, 'sentinel.yaml');
    expect(policy).toMatch(/^# yaml-language-server: \$schema=\S*docs\/sentinel\.schema\.json\n/);
    for (const line of [
      '- "batch.sales.parts_p*" # 1 table, 0 bytes: partitions of parts that are not attached',
      /- "batch\.sales\.orders_20\?{6}" # 2 tables, \d+ KiB: dated copies of orders/,
      /- "tmp_\*" # 2 tables, .*: temporary tables/,
      /- "\*_old" # 1 table, .*: older copies/,
      `- "flyway_schema_history" # 1 table, 0 bytes: a migration tool's own table`,
      /# - "stg_\*" # 1 table, .*: staging/,
      /^#.*sales\.dear: estimated cost .* is above 100000 \(views\.maxCost\)$/m,
      /^#.*sales\.orders: status \(3 values\)$/m,
      /^ {2}# - match: "batch\.sales\.visits"\n {2}# {3}insertTime: "event_time" # its name says "event"; or "ordered_at"$/m,
    ])
      expect(policy).toMatch(line);
    const config = loadConfig({ cwd, env });
    expect(config.policy.sources).toEqual({ batch: { timeZone: 'Europe/Berlin' } });
    expect(config.policy.tables).toEqual([{ match: 'batch.sales.orders', insertTime: 'created_at' }]);

    const tables = await runCli(['tables', '--json'], { cwd, env });
    const profiled = linesOf(tables.stdout, 'relation').filter((line) => line.profiled);
    expect(profiled.map(({ source, table }) => `${source} ${table}`).sort()).toEqual(
      [
        ...['orders', 'parts', 'stg_orders', 'visits'].map((name) => `batch ${name}`),
        ...ODD_NAMES.filter((name) => name !== 'tmp_*').map((name) => `odd ${name}`),
      ].sort(),
    );
  });

  test('stays valid where every doubtful proposal is taken, whatever the names of tables and columns', async () => {
    const cwd = workFolder();
    const env = { ODD_DB_PASSWORD: odd.connection.password!, BATCH_DB_PASSWORD: shop.connection.password! };
    await init(cwd, ['--source', `batch=${address(shop)}`, '--source', `odd=${address(odd)}`], env);
    const taken = text(cwd, 'sentinel.yaml').replace(/^ {2}# (?=- | {2}insertTime)/gm, '  ');
    writeFileSync(join(cwd, 'sentinel.yaml'), taken);
    const { policy } = loadConfig({ cwd, env });
    expect(policy.exclude).toContain('stg_*');
    expect(policy.tables).toHaveLength(10);
    const run = await runCli(['profile', '--json', '--source', 'odd'], {
      cwd,
      env: { ...env, CONCURRENT_WORKERS: '1', METADATA_DB_NAME: odd.name },
    });
    expect(run.code).toBe(0);
    expect(
      linesOf(run.stdout, 'table')
        .map(({ table }) => table)
        .sort(),
    ).toEqual(ODD_NAMES.filter((name) => name !== 'tmp_*').sort());
  });

  test('with a password of every kind of character lets health in, and never shows it', async () => {
    const cwd = workFolder();
    const result = await init(cwd, ['--source', `batch=${address(shop, role, HARD_PASSWORD)}`]);
    expect(result.code).toBe(0);
    expectSilence(result);
    expect(loadConfig({ cwd, env: {} }).sources[0]?.password).toBe(HARD_PASSWORD);
    expect(text(cwd, '.env')).toMatch(/^# .*BATCH_DB_PASSWORD_FILE.*\nBATCH_DB_PASSWORD=`/m);
    const health = await runCli(['health', '--source', 'batch'], { cwd });
    expect(health.stdout).toMatch(/^batch: degraded /m);
    expectSilence(health);
    // what the role lacks, and how few connections it may have
    for (const said of [result.stdout, text(cwd, 'sentinel.yaml')]) {
      expect(said).toMatch(/\d+ tables cannot be read; to mend it:\n.*GRANT SELECT ON .* TO "init_role_\d+";/);
      expect(said).toMatch(/GRANT CREATE ON DATABASE ".*" TO "init_role_\d+";/);
    }
    expect(text(cwd, '.env')).toMatch(/the role may have 3 \(1 in use\), so at most 2\n(.*\n)?DB_MAX_CONNECTIONS=2$/m);
  });

  test('has no password that no .env file can hold, or that came from PGPASSWORD, and says so', async () => {
    const cwd = workFolder();
    const name = `${role}_quotes`;
    const quotes = `pl4nted 'a" \`b#`;
    const client = await shop.client();
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD ${pg.escapeLiteral(quotes)}`);
    onTestFinished(async () => void (await client.query(`DROP ROLE ${name}`)));
    const args = ['--source', `batch=${address(shop, name, quotes)}`, '--source', `odd=${address(odd)}`];
    const result = await init(cwd, args, password());
    expect(result.code).toBe(0);
    expectSilence(result);
    for (const source of ['batch', 'odd']) {
      const setting = `${source.toUpperCase()}_DB_PASSWORD`;
      expect(result.stdout).toMatch(
        new RegExp(`^the password of ${source} is not in \\.env: first set ${setting}, or .* ${setting}_FILE$`, 'm'),
      );
      expect(text(cwd, '.env')).not.toMatch(new RegExp(`^${setting}`, 'm'));
    }
  });
});

describe('files that are there', () => {
  test('stay as they are, and nothing is written', async () => {
    const cwd = workFolder();
    writeFileSync(join(cwd, 'sentinel.yaml'), '# mine\n');
    const result = await init(cwd, ['--source', `batch=${address(shop)}`], password());
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(/^sentinel\.yaml is there already, so nothing was written; .*--dry-run.*--force/);
    expect(text(cwd, 'sentinel.yaml')).toBe('# mine\n');
    // a link that leads nowhere would be written through
    symlinkSync('elsewhere', join(cwd, '.env'));
    const both = await init(cwd, ['--source', `batch=${address(shop)}`], password());
    expect(both.stderr).toMatch(/^\.env and sentinel\.yaml are there already/);
    expect(readdirSync(cwd).sort()).toEqual(['.env', 'sentinel.yaml']);
  });

  test('an .env file with the connections stays, and sentinel.yaml comes beside it', async () => {
    const cwd = workFolder();
    const env = Object.entries(settings({ batch: shop }))
      .map(([name, value]) => `${name}=\`${value}\`\n`)
      .join('');
    writeFileSync(join(cwd, '.env'), env);
    const result = await init(cwd, []);
    expect(result.code).toBe(0);
    expectSilence(result);
    expect(result.stdout).toMatch(/^wrote sentinel\.yaml\n\.env stays as it is$/m);
    expect(text(cwd, '.env')).toBe(env);
    expect(loadConfig({ cwd, env: {} }).policy.exclude).toContain('tmp_*');
  });

  test('are kept under numbers with --force, and the settings of .env go on', async () => {
    const cwd = workFolder();
    writeFileSync(
      join(cwd, '.env'),
      "# mine\nLOG_LEVEL=debug\nMETADATA_SCHEMA='my history'\nCONCURRENT_WORKERS=3\nRETIRED_SETTING=1\n",
      {
        mode: 0o600,
      },
    );
    writeFileSync(join(cwd, 'sentinel.yaml'), 'no: [valid');
    for (const number of [1, 2]) {
      const before = [text(cwd, '.env'), text(cwd, 'sentinel.yaml')];
      const result = await init(cwd, ['--force', '--source', `batch=${shop.url}?sslmode=disable`]);
      expect(result.code).toBe(0);
      expectSilence(result);
      expect(result.stdout).toContain(`kept what was there as .env.bak-${number} and sentinel.yaml.bak-${number}\n`);
      expect([text(cwd, `.env.bak-${number}`), text(cwd, `sentinel.yaml.bak-${number}`)]).toEqual(before);
      expect(statSync(join(cwd, `.env.bak-${number}`)).mode & 0o777).toBe(0o600);
    }
    // with the settings that are there the password goes on, too
    expect((await init(cwd, ['--force'])).code).toBe(0);
    const config = loadConfig({ cwd, env: {} });
    expect(config).toMatchObject({ workers: 3, logs: { level: 'debug' }, metadata: { schema: 'my history' } });
    expect(config.sources).toMatchObject([{ name: 'batch', password: shop.connection.password }]);
    expect(readdirSync(cwd)).toHaveLength(8);
  });

  test('are no matter to --dry-run, which writes nothing and masks what is secret', async () => {
    const cwd = workFolder();
    writeFileSync(join(cwd, '.env'), 'WEBHOOK_URL=https://hooks.example.org/pl4nted-token\n');
    writeFileSync(join(cwd, 'sentinel.yaml'), '# mine\n');
    const result = await init(cwd, ['--dry-run', '--source', `batch=${address(shop, role, HARD_PASSWORD)}`]);
    expect(result.code).toBe(0);
    expectSilence(result);
    expect(result.stdout).toMatch(/^# ----- \.env -----\n/);
    expect(result.stdout).toMatch(/^BATCH_DB_PASSWORD=\*\*\*$/m);
    expect(result.stdout).toMatch(/^WEBHOOK_URL=\*\*\*$/m);
    expect(result.stdout).toMatch(/^# ----- sentinel\.yaml -----\n# yaml-language-server: /m);
    expect(result.stderr).toContain('nothing was written');
    expect([text(cwd, 'sentinel.yaml'), readdirSync(cwd).length]).toEqual(['# mine\n', 2]);
  });

  test('a setting of the environment that beats what is written is told of', async () => {
    const cwd = workFolder();
    writeFileSync(join(cwd, '.env.local'), 'BATCH_DB_PORT=1\n');
    const result = await init(cwd, ['--source', `batch=${address(shop)}`], {
      ...password(),
      BATCH_DB_HOST: 'elsewhere',
    });
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/^BATCH_DB_HOST is also set in the environment, which beats the line in \.env/m);
    expect(result.stdout).toMatch(/^BATCH_DB_PORT is also set in \.env\.local, which beats/m);
  });

  test('a folder that cannot be written is named before anything is connected to', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'sentinel-init-'));
    const isRoot = process.getuid?.() === 0;
    // Nobody keeps root from writing but the disk.
    const mounted = isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'none', cwd]).status === 0;
    if (!isRoot) chmodSync(cwd, 0o555);
    onTestFinished(() => {
      if (mounted) spawnSync('umount', [cwd]);
      rmSync(cwd, { recursive: true });
    });
    if (isRoot && !mounted) return;
    const result = await init(cwd, ['--source', `batch=${NOWHERE}`]);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(
      / cannot be written \((the disk is read-only|this user has no right to)\); run "sentinel init" in /,
    );
    const dry = await init(cwd, ['--dry-run', '--source', `batch=${address(shop)}`], password());
    expect(dry.code).toBe(0);
  });
});

describe('sources that cannot be reached', () => {
  test.each([
    ['nobody listens', () => NOWHERE, /nothing listens on 127\.0\.0\.1:1; check CDC_DB_HOST and CDC_DB_PORT/],
    [
      'a wrong password',
      () => address(shop, role, 'pl4nted'),
      /refused the password of user ".*"; check CDC_DB_PASSWORD/,
    ],
    [
      'no password',
      () => address(shop, role),
      /asks for the password of user ".*" and none is set; set CDC_DB_PASSWORD/,
    ],
    ['no database', () => shop.url.replace(shop.name, 'none%20such'), /there is no database "none such" at /],
  ])('%s: exit 2, and the other is proposed for', async (_, url, says) => {
    const cwd = workFolder();
    const args = ['--source', `batch=${shop.url}?sslmode=disable`, '--source', `cdc=${url()}`];
    const result = await init(cwd, args);
    expect(result.code).toBe(2);
    expectSilence(result);
    expect(result.stdout).toMatch(/^cdc: not reached {2}/m);
    expect(result.stdout).toMatch(says);
    expect(text(cwd, '.env')).toMatch(/^# cdc, which was not reached: /m);
    expect(text(cwd, 'sentinel.yaml')).toMatch(/^# cdc was not reached, so nothing is proposed for it: /m);
    const config = loadConfig({ cwd, env: {} });
    expect(config.sources.map(({ name }) => name)).toEqual(['batch', 'cdc']);
    expect(config.policy.exclude).toContain('tmp_*');
  });

  test('all of them: exit 2, nothing is written, and how to name them is said', async () => {
    const cwd = workFolder();
    const result = await init(cwd, [], { BATCH_DB_PORT: '1', CDC_DB_PORT: '1' });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(
      /^batch: nothing listens .*\ncdc: nothing listens .*\nno source was reached, so nothing was written; .*--source/,
    );
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('what is typed', () => {
  const bad = (where: string) => `postgres://u:pl4nted@${where}`;
  test.each<[string, string[], RegExp]>([
    ['no name', ['--source', bad('h/d')], /^--source: the name of the source is missing; write NAME=/],
    ['a name that is none', ['--source', `Batch=${bad('h/d')}`], /^--source: write lower-case names/],
    ['a name twice', ['--source', `a=${bad('h/d')}`, `a=${bad('h/e')}`], /^--source: name each source once/],
    ['a reserved name', ['--source', `metadata=${bad('h/d')}`], /^--source: choose another name/],
    [
      'another scheme',
      ['--source', 'a=mysql://u:pl4nted@h/d'],
      /^--source a: the address does not start with postgres:/,
    ],
    ['no user', ['--source', 'a=postgres://h/d'], /^--source a: the address names no role/],
    ['no database', ['--source', `a=${bad('h')}`], /^--source a: the address names no database/],
    ['no host', ['--source', 'a=postgres://u@/d'], /^--source a: the address (names no host|cannot be read)/],
    [
      'a # as it is',
      ['--source', 'a=postgres://u:pl4nted#1@h/d'],
      /^--source a: the address holds a #; write it as %23/,
    ],
    [
      'a / as it is',
      ['--source', 'a=postgres://u:pl4nted/1@h/d'],
      /^--source a: the address cannot be read; write \/ as %2F/,
    ],
    ['a % as it is', ['--source', 'a=postgres://u:pl4nted%@h/d'], /^--source a: the password holds a % .* %25/],
    ['a port too high', ['--source', `a=${bad('h:99999/d')}`], /^--source a: the address cannot be read/],
    [
      'an unknown parameter',
      ['--source', `a=${bad('h/d?pl4nted=1')}`],
      /^--source a: the address has a parameter that nothing reads/,
    ],
    ['an unknown sslmode', ['--source', `a=${bad('h/d?sslmode=on')}`], /A_DB_SSLMODE[\s\S]*allowed {2}one of disable/],
    ['an address that is no option', [`a=${bad('h/d')}`], /^error: 'init' has no use for 'a=postgres:\/\/\*\*\*'/],
    ['a misspelt option', [`--sourc=a=${bad('h/d')}`], /^error: unknown option '--sourc=a=postgres:\/\/\*\*\*'/],
    ['no address', ['--source'], /^error: option '--source <name=url...>' argument missing/],
  ])('%s: exit 3 with what to write', async (_, args, says) => {
    const cwd = workFolder();
    const result = await init(cwd, args);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(says);
    expectSilence(result);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('production refuses a missing or well-known password before anything is connected to', async () => {
    const cwd = workFolder();
    const env = { SENTINEL_ENV: 'production' };
    const refused = await init(
      cwd,
      ['--source', 'a=postgres://u:postgres@127.0.0.1:1/d', 'b=postgres://u@127.0.0.1:1/d'],
      env,
    );
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/A_DB_PASSWORD\n.*a default password[\s\S]*B_DB_PASSWORD\n.*no password/);
    const result = await init(cwd, ['--source', `a=${address(shop)}`], { ...env, ...password() });
    expect(result.code).toBe(0);
    expect(loadConfig({ cwd, env: { ...env, A_DB_PASSWORD: shop.connection.password! } }).environment).toBe(
      'production',
    );
  });

  test.runIf(HAS_SCRIPT)('a password is asked for on a terminal, without echo', async () => {
    const cwd = workFolder();
    const command = `exec ${process.execPath} ${MAIN} init --source 'batch=${address(shop)}'`;
    const child = spawn('script', ['--quiet', '--return', '--echo', 'always', '--command', command, '/dev/null'], {
      cwd,
      env: { PATH: process.env.PATH, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let said = '';
    let typed = false;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (typed || !/\(Enter: none\): /.test(said)) return;
      typed = true;
      child.stdin.write(`x\u007F${shop.connection.password}\r`);
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(said).toMatch(/^Password of \S+ for batch \(Enter: none\): \r\n/);
    expectSilence({ stdout: said, stderr: '' });
    expect(code).toBe(0);
    expect(loadConfig({ cwd, env: {} }).sources[0]?.password).toBe(shop.connection.password);
  });
});
