import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { type EmbeddedServer, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { connected } from '#src/demo/database.js';
import { withRecorded } from './recording/readme.js';
import { MISHAP, MORNING, REPAIR, SHOP } from './recording/shop.js';
import { Terminal } from './recording/terminal.js';

/**
 * Records docs/recording.md, and what the README shows of it: real commands on a real terminal (tmux), first the demo, then `init` and runs on a small shop's database.
 * Only what is of this machine is replaced: its folder, its user, the port of the server.
 */
const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = join(ROOT, 'docs', 'recording.md');
const README = join(ROOT, 'README.md');
const INTRO = `# A recording

Made by \`npm run docs:recording\` from the program as it is, on a terminal of 110 columns. What was replaced: the names of folders and of
a user, and the port of the server. What it says is explained in [concepts](concepts.md); each command in [commands](commands.md).`;
const PASSWORD = 'a-password-of-the-recording';

// the servers may run under another account, which must reach their data
const folder = mkdtempSync('/var/tmp/sentinel-recording-');
chmodSync(folder, 0o755);
const home = join(folder, 'home');
const bin = join(folder, 'bin');
const shop = join(home, 'shop');
for (const each of [bin, shop]) mkdirSync(each, { recursive: true });
symlinkSync(join(ROOT, 'dist', 'main.js'), join(bin, 'sentinel'));

const env = {
  PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
  HOME: home,
  LANG: 'C.UTF-8',
  TERM: 'screen',
  NO_COLOR: '1',
};

async function record(server: EmbeddedServer, morning: string): Promise<string[]> {
  const terminal = new Terminal({ cwd: shop, env, columns: 110 });
  const parts: string[] = [];
  const say = (text: string) => parts.push(text);
  const run = async (command: string, answers?: Parameters<Terminal['run']>[1]) => {
    console.log(`$ ${command}`);
    parts.push(`\`\`\`text\n${masked(await terminal.run(command, answers), server)}\n\`\`\``);
  };
  const change = (statements: readonly string[]) =>
    connected(server, 'analytics_db', async (client) => {
      for (const statement of statements) await client.query(statement);
    });
  try {
    say('## The demo');
    say('Two Postgres servers, a retailer in them, and eleven things that go wrong in one night.');
    await run('sentinel demo');
    say('## Your own database');
    say('Here a small shop: four tables with ninety days of rows, a view, and a copy that somebody left.');
    await run(`sentinel init --source batch=postgres://sentinel@127.0.0.1:${server.port}/analytics_db`, [
      [/assword/, PASSWORD],
    ]);
    await run('grep -v "^$" sentinel.yaml');
    await run('sentinel health');
    await run(`sentinel run --as-of ${morning}`);
    say(
      'So that this page need not wait for a night, that run was as of the morning before. It learned: rows that know when they came told it what\n' +
        'ninety days were like. What came since then lacks most of the orders of one country, and a form has lost a field.',
    );
    await change(MISHAP);
    await run('sentinel run');
    await run('echo $?');
    await run('sentinel incidents show INC-1');
    say('Somebody looks after it, and the load is repeated. Two clean runs later it is over by itself.');
    await run("sentinel incidents ack INC-1 --reason 'asked the shop team'");
    await change(REPAIR);
    await run('sentinel run --quiet; sentinel run --quiet; sentinel incidents list --all');
    say('How well would it have done in the past? Incidents are put into the stored history, and counted:');
    await run('sentinel backtest');
    await run('sentinel report');
    say('By schedule, with a live page:');
    await run("SCHEDULE='0 6 * * *' sentinel serve", [[/this instance is active/, 'C-c']]);
    return parts;
  } finally {
    terminal.close();
  }
}

/** Without what is of this machine. */
function masked(text: string, { port }: EmbeddedServer): string {
  return text
    .replaceAll(relative(shop, ROOT), '../sentinel')
    .replaceAll(home, '/home/ada')
    .replaceAll(String(port), '5432')
    .replaceAll(new RegExp(`\\b${userInfo().username}\\b`, 'g'), 'ada');
}

try {
  const server = await startEmbeddedServer({ dataDir: join(folder, 'data'), user: 'admin', password: 'admin' });
  try {
    await connected(server, 'postgres', async (client) => {
      await client.query(`CREATE ROLE sentinel LOGIN PASSWORD '${PASSWORD}'`);
      await client.query('CREATE DATABASE analytics_db');
    });
    const morning = await connected(server, 'analytics_db', async (client) => {
      for (const statement of SHOP) await client.query(statement);
      await client.query('GRANT pg_read_all_data TO sentinel');
      await client.query('GRANT CREATE ON DATABASE analytics_db TO sentinel');
      const { rows } = await client.query<{ at: Date }>(`SELECT ${MORNING} AS at`);
      return `${rows[0]!.at.toISOString().slice(0, 16)}Z`;
    });
    const parts = await record(server, morning);
    const page = `${[INTRO, ...parts].join('\n\n')}\n`;
    writeFileSync(PAGE, page);
    writeFileSync(README, withRecorded(readFileSync(README, 'utf8'), page));
  } finally {
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
