import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type EmbeddedServer, type StopMode, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { newDataFolder } from '../data-folders.js';

export const USER = 'watcher';
export const PASSWORD = 'w@tch/3r';

/** A Postgres that can be stopped in every way and started again on its data and port. */
export class FaultServer {
  readonly #folder = newDataFolder();
  #server!: EmbeddedServer;
  /** Kept open, to ask and to disturb; opened anew where the server ended it. */
  readonly #clients = new Map<string, pg.Client>();

  private constructor(private readonly parameters: Readonly<Record<string, string>>) {}

  static async start(parameters: Readonly<Record<string, string>> = {}): Promise<FaultServer> {
    const server = new FaultServer(parameters);
    await server.start();
    return server;
  }

  /** A hot standby that cancels whatever keeps it from following `primary` at once. */
  static async standbyOf(primary: FaultServer): Promise<FaultServer> {
    const standby = new FaultServer({
      primary_conninfo: `host=${primary.host} port=${primary.port} user=${USER} password=${PASSWORD}`,
      max_standby_streaming_delay: '0',
      hot_standby_feedback: 'off',
    });
    // A copy of the data of a server that was stopped cleanly is a base backup.
    await primary.stop('fast');
    execFileSync('cp', ['-a', primary.dataDir, standby.dataDir]);
    writeFileSync(join(standby.dataDir, 'standby.signal'), '');
    await primary.start();
    await standby.start();
    return standby;
  }

  get host(): string {
    return this.#server.host;
  }

  get port(): number {
    return this.#server.port;
  }

  get dataDir(): string {
    return join(this.#folder, 'data');
  }

  async start(): Promise<void> {
    // Nothing here outlives a crash of the machine, and a crash of the server needs no fsync.
    const parameters = { fsync: 'off', full_page_writes: 'off', max_connections: '60', ...this.parameters };
    const port = (this.#server as EmbeddedServer | undefined)?.port;
    this.#server = await startEmbeddedServer({
      dataDir: this.dataDir,
      user: USER,
      password: PASSWORD,
      parameters,
      ...(port !== undefined && { port }),
    });
  }

  async stop(mode: StopMode): Promise<void> {
    await this.#server.stop(mode);
  }

  /** Ends it and starts it again. */
  async restart(mode: StopMode): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** Runs a statement as superuser on a connection that stays open. */
  async query<R extends pg.QueryResultRow>(sql: string, values: unknown[] = [], database = 'postgres'): Promise<R[]> {
    const { rows } = await (await this.client(database)).query<R>(sql, values);
    return rows;
  }

  async client(database = 'postgres', name = database): Promise<pg.Client> {
    const known = this.#clients.get(name);
    if (known) return known;
    const { host, port } = this.#server;
    const client = new pg.Client({ host, port, user: USER, password: PASSWORD, database, application_name: 'test' });
    client.on('error', () => {}).on('end', () => this.#clients.delete(name));
    await client.connect();
    this.#clients.set(name, client);
    return client;
  }

  async release(name: string): Promise<void> {
    await this.#clients.get(name)?.end();
  }

  /** Resolves when this standby has applied what `primary` has written. */
  async follow(primary: FaultServer): Promise<void> {
    const [end] = await primary.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
    const applied = () =>
      this.query<{ yes: boolean }>('SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS yes', [end!.lsn]);
    while (!(await applied())[0]!.yes) await sleep(5);
  }

  /** A fresh copy of `template` under a name that may be taken: whoever uses that is cut off. */
  async copyDatabase(template: string, name: string, tablespace = 'pg_default'): Promise<void> {
    await this.release(name);
    await this.release(template);
    await this.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await this.query(`CREATE DATABASE ${name} TEMPLATE ${template} TABLESPACE ${tablespace} STRATEGY file_copy`);
  }

  async remove(): Promise<void> {
    await this.stop('immediate');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
