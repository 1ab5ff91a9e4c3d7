import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Config, configSecrets, loadConfig, maskedConfig } from '#src/config/config.js';
import { ConfigError, type Problem } from '#src/config/problem.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sentinel-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const write = (name: string, ...lines: string[]) => writeFileSync(join(cwd, name), lines.join('\n'));
const load = (env: Record<string, string> = {}): Config => loadConfig({ cwd, env });

function problemsOf(env: Record<string, string> = {}): readonly Problem[] {
  try {
    load(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const source = (config: Config, name: string) => config.sources.find((each) => each.name === name);

describe('defaults', () => {
  test('are those of the documentation', () => {
    const config = load();
    expect(config.sources).toEqual([
      {
        name: 'batch',
        envPrefix: 'BATCH_DB',
        host: 'localhost',
        port: 5432,
        database: 'analytics_db',
        user: 'airflow',
        sslMode: 'prefer',
      },
      {
        name: 'cdc',
        envPrefix: 'CDC_DB',
        host: 'localhost',
        port: 5433,
        database: 'warehouse_db',
        user: 'postgres',
        sslMode: 'prefer',
      },
    ]);
    expect(config.metadata).toEqual({ connection: { ...config.sources[0], name: 'metadata' }, schema: 'sentinel' });
    expect(config.guards).toEqual({
      connectTimeoutMs: 10_000,
      statementTimeoutMs: 600_000,
      lockTimeoutMs: 5000,
      maxTransactionAgeMs: 300_000,
    });
    expect(config.retry).toEqual({ maxAttempts: 3, backoffFactor: 2, initialDelayMs: 1000, maxDelayMs: 60_000 });
    expect(config.pool).toEqual({ size: 5, maxOverflow: 10 });
    expect(config).toMatchObject({ environment: 'development', workers: 4, batchSize: 1000 });
    expect(config.maxConnections).toBeUndefined();
    expect(config.logs).toEqual({
      dir: join(cwd, 'logs'),
      maxBytes: 10_485_760,
      backupCount: 5,
      level: 'info',
      componentLevels: {},
      format: 'auto',
    });
    expect(config.profile).toMatchObject({
      mode: 'auto',
      incremental: 'off',
      fullScanMaxBytes: 64 * 2 ** 30,
      sampleRate: 0.01,
      maxValueBytes: 1024,
    });
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8787 });
  });

  test('are frozen throughout and can be cloned to a thread', () => {
    const config = load();
    expect(Object.isFrozen(config.sources[0])).toBe(true);
    expect(Object.isFrozen(config.policy.checks.settings.rowCount)).toBe(true);
    expect(structuredClone(config)).toEqual(config);
  });
});

describe('strictness', () => {
  const refused: [string, string[]][] = [
    ['CONCURRENT_WORKERS', ['5abc', '', '-1', '0', '1e3', '4.0', ' 4', '0x4', '+4', '1000', 'NaN', '٤']],
    ['RETRY_BACKOFF_FACTOR', ['', '2,0', '-2', '1e1', 'Infinity', '0.5', '.5', '2.']],
    ['STATEMENT_TIMEOUT', ['', '0', '10s', '-5', '1e3', '9999999999']],
    ['LOG_MAX_BYTES', ['', '10XB', '1.5MB', '-1', '1e6', 'MB', '99999999999TB']],
    ['BATCH_DB_PORT', ['0', '65536', '5432a', '', '54 32', 'tcp://10.0.0.1:5432']],
    ['BATCH_DB_HOST', ['', 'a b', 'postgres://u:p@h/d', 'localhost:5432', '256.1.1.1', '-a', 'a..b']],
    ['BATCH_DB_NAME', ['']],
    ['BATCH_DB_SSLMODE', ['', 'on', 'verify']],
    ['LOG_LEVEL', ['', 'verbose']],
    ['LOG_LEVELS', ['debug', 'profiler=loud', 'profiler=', '=debug', 'profiler=debug,', 'profiler=info,profiler=info']],
    ['LOG_LEVELS', ['profile=debug', 'warehouse_db=warn', 'constructor=info', '__proto__=info', 'metadata_db=info']],
    ['SENTINEL_SOURCES', ['', 'batch,', 'batch,batch', 'Batch', 'metadata', '1a', 'a-b']],
    ['SAMPLE_RATE', ['0', '1.01', '10%']],
    ['SLACK_WEBHOOK_URL', ['http://hooks.slack.com/x', 'hooks.slack.com', 'https://']],
    ['SENTINEL_ENV', ['prod', '']],
    ['PROFILE_MODE', ['sample', 'stats', 'fast']],
    ['INCREMENTAL', ['proof', 'counters', 'on']],
  ];
  test.each(refused)('%s refuses what it does not mean', (name, values) => {
    for (const value of values) {
      const [problem, ...others] = problemsOf({ [name]: value });
      expect(problem, JSON.stringify(value)).toMatchObject({ setting: name });
      expect(others).toEqual([]);
    }
  });

  test('modes of later versions say so', () => {
    expect(problemsOf({ PROFILE_MODE: 'sample' })[0]?.fix).toBe(
      'sample is not available in this version; use full or auto',
    );
    expect(problemsOf({ INCREMENTAL: 'proof' })[0]?.fix).toBe('proof is not available in this version; use off');
  });

  test('units, fractions and cases that are allowed', () => {
    const config = load({
      LOG_MAX_BYTES: '10MB',
      FULL_SCAN_MAX_BYTES: '1 GiB',
      CHUNK_MIN_BYTES: '8192',
      CONNECT_TIMEOUT: '0.25',
      LOG_LEVEL: 'WARN',
      BATCH_DB_HOST: '[::1]',
      CDC_DB_HOST: '/var/run/postgresql',
    });
    expect(config.logs).toMatchObject({ maxBytes: 10_000_000, level: 'warn' });
    expect(config.profile).toMatchObject({ fullScanMaxBytes: 2 ** 30, chunkMinBytes: 8192 });
    expect(config.guards.connectTimeoutMs).toBe(250);
    expect(config.sources.map(({ host }) => host)).toEqual(['::1', '/var/run/postgresql']);
  });

  test('levels of components are read in any case; an unknown component gets the list of those there are', () => {
    const env = { SENTINEL_SOURCES: 'batch,cdc', LOG_LEVELS: 'profiler=DEBUG, cdc_db = warn' };
    expect(load(env).logs.componentLevels).toEqual({ profiler: 'debug', cdc_db: 'warn' });
    write('.env', 'LOG_LEVELS=cdc_bd=info');
    expect(problemsOf({})).toEqual([
      {
        setting: 'LOG_LEVELS',
        file: '.env',
        line: 1,
        found: 'cdc_bd, which is no component',
        allowed: 'profiler, detector, orchestrator, batch_db, cdc_db',
        fix: 'write cdc_db',
      },
    ]);
  });

  test('an empty optional variable is unset', () => {
    expect(load({ BATCH_DB_PASSWORD: '', DB_MAX_CONNECTIONS: '', HTTP_TOKEN: '' })).toEqual(load());
  });

  test('rules over several variables', () => {
    expect(problemsOf({ INITIAL_RETRY_DELAY: '5', MAX_RETRY_DELAY: '2' })).toMatchObject([
      { setting: 'MAX_RETRY_DELAY' },
    ]);
    expect(problemsOf({ HTTP_HOST: '0.0.0.0' })).toMatchObject([{ setting: 'HTTP_TOKEN' }]);
    expect(problemsOf({ HTTP_HOST: '0.0.0.0', HTTP_TOKEN: 'short' })).toMatchObject([
      { setting: 'HTTP_TOKEN', found: '(hidden)' },
    ]);
    expect(load({ HTTP_HOST: '0.0.0.0', HTTP_TOKEN: 'a-long-token' }).http.token).toBe('a-long-token');
  });

  test('a schedule names sources that there are, and SCHEDULE is one more', () => {
    write('sentinel.yaml', "schedules: [{ name: a, cron: '0 0 * * *', sources: [bacth] }]");
    expect(problemsOf({})).toMatchObject([{ setting: 'schedules (a).sources', fix: 'write batch' }]);
    write(
      'sentinel.yaml',
      "schedules: [{ name: a, cron: '0 0 * * *' }, { name: a, cron: '0 0 * * *', sources: [bacth] }]",
    );
    expect(problemsOf({})).toMatchObject([
      { setting: 'schedules[1].name', line: 1, found: 'a, which is the name of schedules[0]' },
      { setting: 'schedules (a).sources', fix: 'write batch' },
    ]);
    write('sentinel.yaml', "schedules: [{ name: a, cron: '0 0 * * *', sources: [batch] }]");
    expect(load({ SCHEDULE: '*/5 * * * *' }).schedules.map(({ name, cron }) => [name, cron])).toEqual([
      ['SCHEDULE', '*/5 * * * *'],
      ['a', '0 0 * * *'],
    ]);
    expect(problemsOf({ SCHEDULE: '2030-01-01T00:00:00' })).toMatchObject([{ setting: 'SCHEDULE' }]);
    expect(problemsOf({ HTTP_TOKEN: 'short', HTTP_HOST: '/run/sentinel' })).toMatchObject([
      { setting: 'HTTP_HOST' },
      { setting: 'HTTP_TOKEN' },
    ]);
  });

  test('sentinel.yaml names sources that there are', () => {
    write('sentinel.yaml', 'sources: { bacth: { timeZone: Europe/Berlin } }');
    expect(problemsOf({})).toMatchObject([{ setting: 'sources.bacth', fix: 'rename it to batch' }]);
  });

  test('all problems come at once, as text that names setting, value, rule and fix', () => {
    write('.env', 'CONCURRENT_WORKERS=5abc', 'LOG_LEVEL=loud');
    write('sentinel.yaml', 'exclud: []');
    expect(() => load({ BATCH_DB_PORT: '0' })).toThrow(ConfigError);
    const problems = problemsOf({ BATCH_DB_PORT: '0' });
    expect(problems.map(({ setting }) => setting).sort()).toEqual([
      'BATCH_DB_PORT',
      'CONCURRENT_WORKERS',
      'LOG_LEVEL',
      'exclud',
    ]);
    const { message } = new ConfigError(problems);
    expect(message).toContain(
      '  CONCURRENT_WORKERS (.env:1)\n    found    5abc\n    allowed  a whole number from 1 to 256\n    fix      write digits',
    );
  });
});

describe('.env files', () => {
  test('the first file that sets a name wins, the real environment above all', () => {
    write('.env', 'BATCH_SIZE=1', 'LOCK_TIMEOUT=1', 'DB_POOL_SIZE=1', 'MAX_CHUNKS=1', 'CONCURRENT_WORKERS=1');
    write('.env.local', 'BATCH_SIZE=2', 'LOCK_TIMEOUT=2', 'DB_POOL_SIZE=2', 'MAX_CHUNKS=2');
    write('.env.staging', 'BATCH_SIZE=3', 'LOCK_TIMEOUT=3', 'DB_POOL_SIZE=3');
    write('.env.staging.local', 'BATCH_SIZE=4', 'LOCK_TIMEOUT=4');
    write('.env.production', 'BATCH_SIZE=99');
    const config = load({ SENTINEL_ENV: 'staging', BATCH_SIZE: '5' });
    expect(config).toMatchObject({
      environment: 'staging',
      batchSize: 5,
      guards: { lockTimeoutMs: 4000 },
      pool: { size: 3 },
      profile: { maxChunks: 2 },
      workers: 1,
    });
    expect(loadConfig({ cwd, env: { BATCH_SIZE: '5' }, overrides: { BATCH_SIZE: '6' } }).batchSize).toBe(6);
  });

  test('SENTINEL_ENV may be in .env; a file for one environment cannot name another', () => {
    write('.env', 'SENTINEL_ENV=staging');
    write('.env.staging', 'BATCH_SIZE=7');
    expect(load()).toMatchObject({ environment: 'staging', batchSize: 7 });
    write('.env.staging', 'BATCH_SIZE=7', 'SENTINEL_ENV=production');
    expect(problemsOf()).toMatchObject([{ setting: 'SENTINEL_ENV', file: '.env.staging', line: 2 }]);
  });

  test('a value keeps quotes, blanks, # and line breaks where it is quoted', () => {
    write(
      '.env',
      'export BATCH_DB_PASSWORD="a # b" # comment',
      "CDC_DB_PASSWORD='x",
      "y'",
      '',
      '  # note',
      'MAX_CHUNKS: 3',
    );
    const config = load();
    expect(source(config, 'batch')?.password).toBe('a # b');
    expect(source(config, 'cdc')?.password).toBe('x\ny');
    expect(config.profile.maxChunks).toBe(3);
  });

  test.each([
    ['no assignment at all', 'nonsense', /comment/],
    ['an open quote', 'CDC_DB_PASSWORD="abc', /close the "/],
    ['text after a quote', 'CDC_DB_PASSWORD="abc"def', /closing quote/],
    ['a value cut at #', 'CDC_DB_PASSWORD=abc#def', /cut at the #/],
  ])('a line with %s is a problem with file and line', (_, line, fix) => {
    write('.env.local', '# first', 'BATCH_SIZE=5', line, 'MAX_CHUNKS=2');
    const problems = problemsOf();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ file: '.env.local', line: 3 });
    expect(problems[0]?.fix).toMatch(fix);
    expect(JSON.stringify(problems)).not.toContain('abc');
  });

  test('a file in UTF-16, and a folder in its place, are problems', () => {
    writeFileSync(join(cwd, '.env'), Buffer.from('BATCH_SIZE=5', 'utf16le'));
    mkdirSync(join(cwd, '.env.local'));
    expect(problemsOf().map(({ setting }) => setting)).toEqual(['.env.local', '.env']);
  });

  test('a byte order mark and CRLF are nothing special', () => {
    write('.env', '\uFEFFBATCH_SIZE=5\r', 'MAX_CHUNKS=2\r', '');
    expect(load()).toMatchObject({ batchSize: 5, profile: { maxChunks: 2 } });
  });
});

describe('unknown names', () => {
  test.each([
    ['LOG_LVL', 'LOG_LEVEL'],
    ['CONCURENT_WORKERS', 'CONCURRENT_WORKERS'],
    ['batch_db_host', 'BATCH_DB_HOST'],
    ['BACTH_DB_HOST', 'BATCH_DB_HOST'],
    ['BATCH_DB_PASWORD', 'BATCH_DB_PASSWORD'],
    ['WEBHOOK_URI', 'WEBHOOK_URL'],
  ])('%s in a .env file is taken for %s', (name, meant) => {
    write('.env', '', `${name}=hunter2`);
    const problems = problemsOf();
    expect(problems).toMatchObject([{ setting: name, file: '.env', line: 2, allowed: meant }]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  test('names of other programs are left alone', () => {
    write('.env', 'SMTP_HOST=x', 'DATABASE_URL=x', 'APP_DB_HOST=x', 'HTTP_URL=x', 'NODE_ENV=test');
    const linked = {
      BATCH_DB_SERVICE_HOST: '10.0.0.1',
      BATCH_DB_SERVICE_PORT_PG: '5432',
      BATCH_DB_PORT_5432_TCP_ADDR: '10.0.0.1',
    };
    expect(problemsOf({ ...linked, CDN_DB_HOST: 'x', LOG_LVL: 'x', HOME: '/root', TEST_DB_HOST: 'x' })).toEqual([]);
  });

  test.each(['BATCH_DB_PASWORD', 'CDC_DB_URL', 'METADATA_DB_HSOT', 'BACTH_DB_HOST', 'BATCHDB_HOST'])(
    '%s in the real environment is a problem',
    (name) => {
      expect(problemsOf({ [name]: 'hunter2' })).toMatchObject([{ setting: name }]);
    },
  );
});

describe('connections', () => {
  test('a further source reads its own variables and must name database and role', () => {
    const env = { SENTINEL_SOURCES: 'batch,orders_eu' };
    expect(problemsOf(env).map(({ setting }) => setting)).toEqual(['ORDERS_EU_DB_NAME', 'ORDERS_EU_DB_USER']);
    const config = load({ ...env, ORDERS_EU_DB_NAME: 'o', ORDERS_EU_DB_USER: 'u', ORDERS_EU_DB_PORT: '6000' });
    expect(source(config, 'orders_eu')).toMatchObject({
      host: 'localhost',
      port: 6000,
      database: 'o',
      user: 'u',
      envPrefix: 'ORDERS_EU_DB',
    });
    expect(config.sources.map(({ name }) => name)).toEqual(['batch', 'orders_eu']);
  });

  test('a password file stands in for the password, without its last newline', () => {
    write('secret', 'pa ss\n\n');
    expect(source(load({ CDC_DB_PASSWORD_FILE: 'secret' }), 'cdc')?.password).toBe('pa ss\n');
    expect(problemsOf({ CDC_DB_PASSWORD_FILE: 'secret', CDC_DB_PASSWORD: 'x' })).toMatchObject([
      { setting: 'CDC_DB_PASSWORD_FILE', fix: 'remove CDC_DB_PASSWORD or CDC_DB_PASSWORD_FILE' },
    ]);
    expect(problemsOf({ CDC_DB_PASSWORD_FILE: 'nowhere' })[0]?.fix).toContain('no such file');
    write('empty', '\n');
    expect(problemsOf({ CDC_DB_PASSWORD_FILE: 'empty' })).toHaveLength(1);
    expect(problemsOf({ CDC_DB_PASSWORD_FILE: '.' })).toMatchObject([{ fix: 'name a file, this is a folder' }]);
    write('nul', 'pa\0ss');
    expect(problemsOf({ CDC_DB_PASSWORD_FILE: 'nul' })[0]?.fix).toContain('NUL');
    write('windows', 'pa ss\r\n');
    expect(source(load({ CDC_DB_PASSWORD_FILE: 'windows' }), 'cdc')).toMatchObject({
      password: 'pa ss',
      passwordFile: join(cwd, 'windows'),
    });
    const lent = load({ BATCH_DB_PASSWORD_FILE: 'secret', METADATA_DB_NAME: 'history' }).metadata.connection;
    expect(lent).toMatchObject({ database: 'history', passwordFile: join(cwd, 'secret') });
    const own = load({ BATCH_DB_PASSWORD_FILE: 'secret', METADATA_DB_USER: 'keeper' }).metadata.connection;
    expect(own).not.toHaveProperty('passwordFile');
  });

  test('TLS files are needed, readable and complete', () => {
    write('ca.pem', 'x');
    const verify = { BATCH_DB_SSLMODE: 'verify-full' };
    expect(problemsOf(verify)).toMatchObject([{ setting: 'BATCH_DB_SSLROOTCERT', found: 'not set' }]);
    expect(problemsOf({ ...verify, BATCH_DB_SSLROOTCERT: 'no.pem' })).toMatchObject([{ found: 'no.pem' }]);
    expect(source(load({ ...verify, BATCH_DB_SSLROOTCERT: 'ca.pem' }), 'batch')?.sslRootCert).toBe(join(cwd, 'ca.pem'));
    expect(problemsOf({ BATCH_DB_SSLCERT: 'ca.pem' })).toMatchObject([{ setting: 'BATCH_DB_SSLKEY' }]);
    expect(problemsOf({ BATCH_DB_SSLMODE: 'disable', BATCH_DB_SSLROOTCERT: 'no.pem' })).toEqual([]);
    expect(source(load({ ...verify, BATCH_DB_SSLROOTCERT: 'system' }), 'batch')?.sslRootCert).toBe('system');
    expect(problemsOf({ BATCH_DB_SSLMODE: 'verify-ca', BATCH_DB_SSLROOTCERT: 'system' })).toHaveLength(1);
  });

  describe('of the metadata store', () => {
    const batch = { BATCH_DB_HOST: 'warehouse', BATCH_DB_PASSWORD: 'batch-pw', BATCH_DB_PORT: '6000' };
    const metadata = (env: Record<string, string>) => load({ ...batch, ...env }).metadata.connection;

    test('are the batch warehouse’s where nothing is set, in whatever order the sources are named', () => {
      const connection = metadata({ SENTINEL_SOURCES: 'cdc,batch' });
      expect(connection).toMatchObject({ name: 'metadata', host: 'warehouse', user: 'airflow', password: 'batch-pw' });
    });

    test('keep the server for another role, but do not lend it the password', () => {
      const connection = metadata({ METADATA_DB_USER: 'keeper' });
      expect(connection).toMatchObject({ host: 'warehouse', port: 6000, database: 'analytics_db', user: 'keeper' });
      expect(connection.password).toBeUndefined();
      expect(metadata({ METADATA_DB_USER: 'keeper', METADATA_DB_PASSWORD: 'k' }).password).toBe('k');
      expect(metadata({ METADATA_DB_NAME: 'history' })).toMatchObject({ database: 'history', password: 'batch-pw' });
    });

    test('of another server take nothing over', () => {
      const elsewhere = { METADATA_DB_HOST: 'other', METADATA_DB_NAME: 'h', METADATA_DB_USER: 'airflow' };
      const connection = metadata(elsewhere);
      expect(connection).toMatchObject({ host: 'other', port: 5432, envPrefix: 'METADATA_DB' });
      expect(connection.password).toBeUndefined();
      expect(problemsOf({ ...batch, METADATA_DB_HOST: 'other' }).map(({ setting }) => setting)).toEqual([
        'METADATA_DB_NAME',
        'METADATA_DB_USER',
      ]);
    });
  });
});

describe('production', () => {
  const good = { SENTINEL_ENV: 'production', BATCH_DB_PASSWORD: 'k3-Zq!', CDC_DB_PASSWORD: 'p0-Lm?' };

  test('refuses a missing, known or self-named password', () => {
    expect(problemsOf(good)).toEqual([]);
    for (const password of ['', 'airflow', 'Postgres', 'changeme'])
      expect(problemsOf({ ...good, BATCH_DB_PASSWORD: password })).toMatchObject([{ setting: 'BATCH_DB_PASSWORD' }]);
    expect(problemsOf({ ...good, BATCH_DB_USER: 'svc', BATCH_DB_PASSWORD: 'svc' })).toHaveLength(1);
    expect(problemsOf({ BATCH_DB_PASSWORD: 'airflow' })).toEqual([]);
  });

  test('refuses an unencrypted way off loopback', () => {
    expect(problemsOf({ ...good, BATCH_DB_HOST: 'db.example' })).toMatchObject([{ setting: 'BATCH_DB_SSLMODE' }]);
    expect(problemsOf({ ...good, BATCH_DB_HOST: 'db.example', BATCH_DB_SSLMODE: 'require' })).toEqual([]);
    for (const host of ['127.0.0.2', '::1', '/run/postgresql', 'LOCALHOST'])
      expect(problemsOf({ ...good, BATCH_DB_HOST: host })).toEqual([]);
  });
});

test('no secret is in a problem or in the masked configuration', () => {
  const secrets = { BATCH_DB_PASSWORD: 'top-secret-1', HTTP_TOKEN: 'top-secret-2', WEBHOOK_SECRET: 'top-secret-3' };
  const urls = { SLACK_WEBHOOK_URL: 'https://hooks.slack.com/top-secret-4', SMTP_URL: 'smtp://u:top-secret-5@mail' };
  const mail = { ALERT_EMAIL_FROM: 'a@example.org', ALERT_EMAIL_TO: 'b@example.org' };
  const config = load({ ...secrets, ...urls, ...mail, PAGERDUTY_ROUTING_KEY: 'top-secret-6' });
  expect(JSON.stringify(maskedConfig(config))).not.toContain('top-secret');
  expect(JSON.stringify(config)).toContain('top-secret-1');
  expect(configSecrets(config)).toEqual(
    expect.arrayContaining([...Object.values(secrets), 'top-secret-5', 'top-secret-6']),
  );
  const problems = problemsOf({ SLACK_WEBHOOK_URL: 'top-secret', BATCH_DB_HOST: 'postgres://u:top-secret@h' });
  expect(problems).toHaveLength(2);
  expect(JSON.stringify(problems)).not.toContain('top-secret');
});
