import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import pg from 'pg';
import { readPasswordFile } from '#src/config/password-file.js';
import type { ConnectionSettings, Guards } from '#src/contract/connection.js';
import { cancelUntilSettled } from './cancel.js';
import { CopyFailure } from './copy-failure.js';
import { foreignServer } from './foreign-server.js';
import { readingSocket } from './reading-socket.js';
import { guardSilence, SILENCE_LIMITS, type SilenceLimits } from './silence-guard.js';
import { SourceError } from './source-error.js';
import { type AttemptOutcome, type TlsAttempt, tlsAttempts, triesOtherWay } from './tls.js';

/** How far a connection came, in order. */
export type ConnectionStage = 'none' | 'connected' | 'answered' | 'authenticated' | 'ready';

/** TCP keep-alive probes start after this much silence. */
const KEEP_ALIVE_MS = 10_000;
/** How long a polite goodbye may take. */
const GOODBYE_MS = 2_000;
/** `application_name` is cut by the server beyond this many bytes. */
const MAX_NAME_BYTES = 63;

/** What node-postgres 8.23 keeps on a client and a second attempt on the same client must put back. */
interface ClientInternals {
  connection: WireConnection;
  ssl: boolean | object;
  saslSession: unknown;
  _connecting: boolean;
  _connectionError: boolean;
  _ended: boolean;
}

interface WireConnection extends pg.Connection {
  readonly stream: Socket;
}

/**
 * A pg.Client that connects as libpq does (all TLS modes, each connection anew), within one time limit, with no start-up
 * parameter but `application_name`; that notices a dead network under a running statement; whose late errors never end
 * the thread; and whose `closed` tells when the socket is gone.
 */
export class SourceClient extends pg.Client {
  /** Parameters the server reported: `server_version`, `in_hot_standby` … */
  readonly serverParameters = new Map<string, string>();
  /** Resolves when the connection is closed, for whatever reason, or could not be made. */
  readonly closed: Promise<void>;
  stage: ConnectionStage = 'none';
  /** What broke the connection after it was made. */
  lost: Error | undefined;
  readonly #settings: ConnectionSettings;
  readonly #guards: Guards;
  #resolveClosed!: () => void;
  #foreign: string | null = null;
  #handshake = false;
  #closing: Promise<void> | undefined;

  constructor(
    settings: ConnectionSettings,
    guards: Guards,
    applicationName: string,
    private readonly silence: SilenceLimits = SILENCE_LIMITS,
  ) {
    super({
      host: settings.host,
      port: settings.port,
      database: settings.database,
      user: settings.user,
      // A function keeps node-postgres from looking at PGPASSWORD and ~/.pgpass, and is asked only if the server asks.
      password: () => requirePassword(settings),
      ssl: false,
      sslnegotiation: 'postgres',
      application_name: asApplicationName(applicationName),
    });
    this.#settings = settings;
    this.#guards = guards;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    // An 'error' event without a listener would end the thread.
    this.on('error', (error) => {
      this.lost ??= error;
    });
  }

  /** Exactly these start-up parameters: PgBouncer refuses those it does not know, and PGOPTIONS must not leak in. */
  protected getStartupConf(): Record<string, string> {
    const { application_name } = (this as unknown as { connectionParameters: { application_name: string } })
      .connectionParameters;
    return { user: this.#settings.user, database: this.#settings.database, application_name };
  }

  override connect(): Promise<pg.Client>;
  override connect(callback: ((error: Error) => void) | ((error: null, client: pg.Client) => void)): void;
  override connect(callback?: (error: never, client: pg.Client) => void): Promise<pg.Client> | undefined {
    const opened = this.#open();
    if (!callback) return opened.then(() => this);
    opened.then(
      () => callback(null as never, this),
      (error: unknown) => callback(error as never, this),
    );
    return undefined;
  }

  /** Closes the connection; a statement that still runs is cancelled on the server first. Never rejects. */
  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | undefined {
    this.#closing ??= this.#close();
    if (!callback) return this.#closing;
    void this.#closing.then(() => (callback as () => void)());
    return undefined;
  }

  /** Cancel the statement that runs, if one does. Resolves within `limitMs`; never rejects. */
  cancelRunning(limitMs: number): Promise<void> {
    return cancelUntilSettled(this, this.#settings, limitMs);
  }

  async #open(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#timeoutError()), this.#guards.connectTimeoutMs);
    });
    try {
      await Promise.race([this.#tryAll(), deadline]);
      this.stage = 'ready';
      guardSilence(this, this.#settings, this.#guards, this.silence);
      this.#wire.once('end', () => this.#resolveClosed());
    } catch (error) {
      this.#abandonConnection();
      this.#resolveClosed();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #tryAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const attempt of tlsAttempts(this.#settings)) {
      this.#prepareAttempt(attempt);
      try {
        await super.connect();
        return;
      } catch (error) {
        const cause = this.#foreign === null ? error : this.#foreignError(error);
        errors.push(cause);
        if (this.#foreign !== null || !triesOtherWay(this.#settings.sslMode, attempt, this.#outcome(error))) break;
      }
    }
    throw errors.reduce((told, error) => (informative(error) > informative(told) ? error : told));
  }

  get #wire(): WireConnection {
    return (this as unknown as ClientInternals).connection;
  }

  /** A fresh socket and protocol state for the next attempt; listeners see the bytes before node-postgres does. */
  #prepareAttempt(attempt: TlsAttempt): void {
    this.#abandonConnection();
    const internals = this as unknown as ClientInternals;
    const ssl = attempt === 'plain' ? false : { ...attempt };
    const wire = new pg.Connection({
      ssl,
      // TLS wraps a socket below its reads.
      ...(ssl === false && { stream: readingSocket }),
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    }) as WireConnection;
    Object.assign(internals, { connection: wire, ssl, saslSession: null });
    Object.assign(internals, { _connecting: false, _connectionError: false, _ended: false });
    this.stage = 'none';
    this.#handshake = false;
    wire.stream.once('connect', () => {
      this.stage = 'connected';
    });
    wire.stream.once('data', (bytes: Buffer) => {
      this.#foreign = foreignServer(bytes, ssl !== false);
      if (this.#foreign !== null) wire.stream.destroy();
      else if (this.stage === 'connected') this.stage = 'answered';
    });
    wire.once('sslconnect', () => {
      this.#handshake = true;
      (wire.stream as unknown as TLSSocket).once('secureConnect', () => {
        this.#handshake = false;
      });
    });
    wire.once('authenticationOk', () => {
      this.stage = 'authenticated';
    });
    wire.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
      this.serverParameters.set(message.parameterName, message.parameterValue);
    });
  }

  #abandonConnection(): void {
    const wire = this.#wire;
    wire.removeAllListeners();
    wire.on('error', () => undefined);
    wire.stream.destroy();
  }

  #outcome(error: unknown): AttemptOutcome {
    return {
      refusedTls: refusesTls(error),
      handshakeFailed: this.#handshake || isTlsNegotiationError(error),
      rejected: isServerError(error) && this.stage !== 'authenticated',
    };
  }

  async #close(): Promise<void> {
    if (this.stage !== 'ready') {
      this.#abandonConnection();
      this.#resolveClosed();
      return;
    }
    // The server goes on with a statement whose client vanished: its connection would not be free yet.
    await cancelUntilSettled(this, this.#settings, GOODBYE_MS);
    const timer = setTimeout(() => this.#wire.stream.destroy(), GOODBYE_MS);
    await super.end();
    clearTimeout(timer);
  }

  #timeoutError(): SourceError {
    const { host, port, envPrefix } = this.#settings;
    const seconds = this.#guards.connectTimeoutMs / 1000;
    const message =
      this.stage === 'none'
        ? `no answer from ${host}:${port} within ${seconds} s (CONNECT_TIMEOUT); check ${envPrefix}_HOST, ${envPrefix}_PORT and the firewalls between`
        : this.stage === 'connected'
          ? `${host}:${port} takes connections but said nothing within ${seconds} s (CONNECT_TIMEOUT): not a Postgres server, or one that hangs; check ${envPrefix}_HOST and ${envPrefix}_PORT`
          : `the Postgres server at ${host}:${port} did not complete the login within ${seconds} s; it is overloaded, or CONNECT_TIMEOUT is too short`;
    return new SourceError('connect_timeout', message, true);
  }

  #foreignError(cause: unknown): SourceError {
    const { host, port, envPrefix } = this.#settings;
    const message = `${this.#foreign} answers at ${host}:${port}, not Postgres; check ${envPrefix}_HOST and ${envPrefix}_PORT`;
    return new SourceError('not_postgres', message, false, { cause });
  }
}

function requirePassword(settings: ConnectionSettings): string {
  const password = currentPassword(settings);
  if (password) return password;
  throw new SourceError(
    'no_password',
    `the server asks for the password of user "${settings.user}" and none is set; set ${settings.envPrefix}_PASSWORD or ${settings.envPrefix}_PASSWORD_FILE`,
    false,
  );
}

/** What the file holds now: a password is rotated under programs that run. While it is away or empty, what it held at the start. */
function currentPassword({ password, passwordFile }: ConnectionSettings): string | undefined {
  if (passwordFile === undefined) return password;
  const read = readPasswordFile(passwordFile);
  return 'password' in read ? read.password : password;
}

/** True for an error message of a Postgres server, as opposed to one of node-postgres or of the network. */
export function isServerError(error: unknown): boolean {
  const origin = error instanceof CopyFailure ? error.cause : error;
  return origin instanceof pg.DatabaseError && origin.severity !== undefined;
}

function refusesTls(error: unknown): boolean {
  return error instanceof Error && error.message === 'The server does not support SSL connections';
}

function isTlsNegotiationError(error: unknown): boolean {
  return error instanceof Error && error.message === 'There was an error establishing an SSL connection';
}

/** Of two errors from two ways to connect, the one to report: "no TLS here" and "not without TLS" say least. */
function informative(error: unknown): number {
  if (refusesTls(error)) return 0;
  return isServerError(error) && (error as { code?: unknown }).code === '28000' ? 1 : 2;
}

/** The server would escape other characters to four bytes each. */
function asApplicationName(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_NAME_BYTES);
}
