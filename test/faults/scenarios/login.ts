import { chownSync, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Authority, createAuthority, opensslIsHere } from '../../support/certificates.js';
import type { Scenario, Stage } from '../../support/faults/scenario.js';
import { PASSWORD, USER } from '../../support/faults/server.js';
import type { World } from '../../support/faults/world.js';

const AT: Authority[] = [];

/** The authority that the program trusts, and one it does not, made when first asked for. */
function authorities({ world }: Stage): [trusted: Authority, stranger: Authority] {
  if (AT.length === 0) AT.push(createAuthority(world.folder, 'authority'), createAuthority(world.folder, 'stranger'));
  return AT as [Authority, Authority];
}

/** Gives the victim's server this certificate; new connections meet it. */
async function present(stage: Stage, { cert, key }: { cert: string; key: string }): Promise<void> {
  const { victim } = stage.world;
  const { uid, gid } = statSync(victim.dataDir);
  for (const [from, name] of [
    [cert, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    const to = join(victim.dataDir, name);
    copyFileSync(from, to);
    chownSync(to, uid, gid);
  }
  await victim.query(`ALTER SYSTEM SET ssl = on`);
  await reloaded(stage);
}

async function withoutTls(stage: Stage): Promise<void> {
  await stage.world.victim.query(`ALTER SYSTEM RESET ssl`);
  await reloaded(stage);
}

/** A reload takes effect in the postmaster a moment later. */
async function reloaded({ world: { victim } }: Stage): Promise<void> {
  const loaded = () => victim.query<{ at: Date }>('SELECT pg_conf_load_time() AS at');
  const [before] = await loaded();
  await victim.query('SELECT pg_reload_conf()');
  while ((await loaded())[0]!.at.getTime() === before!.at.getTime()) {}
}

const FOR_PROXY = 'IP:127.0.0.1';
const verifying = ({ folder }: World) => ({
  BATCH_DB_SSLMODE: 'verify-full',
  BATCH_DB_SSLROOTCERT: join(folder, 'authority.crt'),
});

const certificates: readonly {
  readonly name: string;
  readonly says: RegExp;
  issue(stage: Stage): { cert: string; key: string };
}[] = [
  {
    name: 'expired',
    says: /the certificate of .* has expired; renew it/,
    issue: (stage) =>
      authorities(stage)[0].issue('expired', {
        names: FOR_PROXY,
        valid: { from: '20200101000000Z', until: '20200201000000Z' },
      }),
  },
  {
    name: 'for another host',
    says: /certificate is not for "127\.0\.0\.1"; set BATCH_DB_HOST/,
    issue: (stage) => authorities(stage)[0].issue('elsewhere', { names: 'DNS:db.example.com' }),
  },
  {
    name: 'of another authority',
    says: /not signed by an authority in BATCH_DB_SSLROOTCERT/,
    issue: (stage) => authorities(stage)[1].issue('strange', { names: FOR_PROXY }),
  },
];

/** The server is found, or lets in, no longer. */
export const loginFaults: readonly Scenario[] = [
  {
    name: "the source's name is not known",
    when: 'at the start',
    inject: () => {},
    env: { BATCH_DB_HOST: 'nowhere.invalid' },
    ends: 'incomplete',
    says: /the host name "nowhere\.invalid" is not known|the name service did not answer for "nowhere\.invalid"/,
  },
  ...(['at the start', { tables: 2 }] as const).map(
    (when): Scenario => ({
      name: 'the password was changed and nobody said so',
      when,
      inject: ({ world }) => world.victim.query(`ALTER ROLE ${USER} PASSWORD 'rotated'`),
      heal: ({ world }) => world.victim.query(`ALTER ROLE ${USER} PASSWORD '${PASSWORD}'`),
      ends: when === 'at the start' ? 'incomplete' : 'any',
      ...(when === 'at the start' && { says: /refused the password of user "watcher"; check BATCH_DB_PASSWORD/ }),
      short: when === 'at the start',
    }),
  ),
  ...(opensslIsHere() ? certificates : []).map(
    ({ name, says, issue }): Scenario => ({
      name: `the server's certificate is ${name}`,
      when: 'at the start',
      inject: (stage) => present(stage, issue(stage)),
      heal: withoutTls,
      env: verifying,
      ends: 'incomplete',
      says,
      short: name === 'expired',
    }),
  ),
];
