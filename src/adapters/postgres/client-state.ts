import type pg from 'pg';

/** What node-postgres 8 keeps on a client but leaves out of its types. */
interface ClientFacts {
  readonly readyForQuery?: boolean;
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly _queryable?: boolean;
  readonly _ended?: boolean;
  /** Ours (`SourceClient`): what the server reported of itself. */
  readonly serverParameters?: ReadonlyMap<string, string>;
}

const facts = (client: pg.Client) => client as unknown as ClientFacts;

/** True while a statement is running (or its result still arriving) on this connection. */
export function isBusy(client: pg.Client): boolean {
  return facts(client).readyForQuery === false && isAlive(client);
}

/**
 * Resolves with true when nothing runs on the connection, with false after `limitMs`. An error reaches the caller before
 * the server is ready again (it flushes between the two), so a connection looks busy for a moment after each failed statement.
 */
export async function settled(client: pg.Client, limitMs: number): Promise<boolean> {
  if (!isBusy(client)) return true;
  return new Promise((resolve) => {
    const end = (idle: boolean) => {
      clearTimeout(timer);
      client.off('drain', onIdle).off('end', onIdle);
      resolve(idle);
    };
    const onIdle = () => end(true);
    const timer = setTimeout(() => end(false), limitMs);
    client.on('drain', onIdle).on('end', onIdle);
  });
}

/** False once the connection is closed or known to be broken. */
export function isAlive(client: pg.Client): boolean {
  return facts(client)._queryable !== false && facts(client)._ended !== true;
}

/** Server version as `server_version_num` has it (160004), from what the server said at start-up; 0 where unknown. */
export function serverVersion(client: pg.Client): number {
  const [, major, minor] = /^(\d+)(?:\.(\d+))?/.exec(facts(client).serverParameters?.get('server_version') ?? '') ?? [];
  return Number(major ?? 0) * 10_000 + Number(minor ?? 0);
}

/** What a transaction's guards depend on. */
export interface ServerTraits {
  /** `server_version_num`; 0 where unknown. */
  readonly serverVersionNum: number;
  /** Encoding of the database, `UTF8` where unknown. */
  readonly serverEncoding: string;
}

export function serverTraits(client: pg.Client): ServerTraits {
  const serverEncoding = facts(client).serverParameters?.get('server_encoding') ?? 'UTF8';
  return { serverVersionNum: serverVersion(client), serverEncoding };
}

/** What a CancelRequest names: process id and secret; null before the server gave them. */
export function cancelKey(client: pg.Client): { readonly processId: number; readonly secret: number } | null {
  const { processID, secretKey } = facts(client);
  return processID === null || secretKey === null ? null : { processId: processID, secret: secretKey };
}
