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
 * Resolves when nothing runs on the connection, at the latest after `limitMs`. An error reaches the caller before the
 * server is ready again (it flushes between the two), so a connection looks busy for a moment after each failed statement.
 */
export async function settled(client: pg.Client, limitMs: number): Promise<void> {
  if (!isBusy(client)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      client.off('drain', done).off('end', done);
      resolve();
    };
    const timer = setTimeout(done, limitMs);
    client.on('drain', done).on('end', done);
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

/** What a CancelRequest names: process id and secret; null before the server gave them. */
export function cancelKey(client: pg.Client): { readonly processId: number; readonly secret: number } | null {
  const { processID, secretKey } = facts(client);
  return processID === null || secretKey === null ? null : { processId: processID, secret: secretKey };
}

/** int8 and numeric arrive as text: a number where it is exact, else the text itself; null stays null. */
export function toNumber(value: string | number | null): number | string | null {
  if (value === null || typeof value === 'number') return value;
  const number = Number(value);
  return value.trim() !== '' && Number.isSafeInteger(number) ? number : value;
}
