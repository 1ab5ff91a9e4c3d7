import type { Duplex } from 'node:stream';
import type { Client, Connection, Submittable } from 'pg';
import { type CopyConsumer, CopyStreamDecoder } from '#src/core/decode/copy-stream-decoder.js';
import { CopyFailure, type CopyPhase, connectionLost } from './copy-failure.js';
import type { Meter } from './pace.js';
import type { ReadingSocket } from './reading-socket.js';

export interface CopyOptions {
  /** Statements sent before the first COPY, e.g. BEGIN, guards, LOCK TABLE. */
  readonly prologue?: string;
  /** Statements sent after the last COPY, e.g. COMMIT. */
  readonly epilogue?: string;
  /** Told of each read. */
  readonly meter?: Pick<Meter, 'received'>;
}

export interface CopyTotals {
  readonly rows: number;
  /** CopyData payload received. */
  readonly bytes: number;
}

/**
 * Run binary COPY … TO STDOUT statements in one round trip and feed `consumer` with their rows, COPY `i` of `statements`
 * as copy `i`. Rejects with `CopyFailure`, which says how many COPYs were complete: the rest of the string was not run.
 * After an error of the server the connection is idle and any transaction of the prologue is rolled back; after an
 * error thrown by `consumer` or a broken stream it is destroyed. Nothing else may run on `client` meanwhile.
 *
 * node-postgres waits for each query's answer before it sends the next and parses each CopyData message into an object.
 * So this sends one simple-protocol string and reads the socket itself; every message that is not CopyData goes on to
 * the library, which stays in charge of errors and of the connection's state.
 */
export async function runCopies(
  client: Client,
  statements: readonly string[],
  consumer: CopyConsumer,
  options: CopyOptions = {},
): Promise<CopyTotals> {
  if (statements.length === 0) return { rows: 0, bytes: 0 };
  const batch = new CopyBatch(client, statements, consumer, options);
  client.query(batch);
  try {
    return await batch.done;
  } catch (error) {
    if (batch.transactionAborted && options.prologue) await client.query('ROLLBACK').catch(ignore);
    throw error;
  }
}

const READY_FOR_QUERY = 0x5a;
const IN_FAILED_TRANSACTION = 0x45;

/** `SHOW` answers with a tag of its own and takes no snapshot: it tells an error of the prologue from one of a COPY. */
const END_OF_PROLOGUE = 'SHOW server_version';

type DataListener = (chunk: Buffer) => void;

/** What node-postgres calls on the query it is running. Results of other statements in the string are not looked at. */
class CopyBatch implements Submittable {
  readonly done: Promise<CopyTotals>;
  /** True where the server waits for ROLLBACK. */
  transactionAborted = false;

  readonly #client: Client;
  readonly #text: string;
  readonly #copies: number;
  readonly #decoder: CopyStreamDecoder;
  readonly #meter: CopyOptions['meter'];
  #resolve!: (totals: CopyTotals) => void;
  #reject!: (error: CopyFailure) => void;
  #stream: Duplex | null = null;
  #libraryListeners: DataListener[] = [];
  #completed = 0;
  #prologueDone: boolean;
  #failure: CopyFailure | null = null;
  #destroyed = false;

  constructor(
    client: Client,
    statements: readonly string[],
    consumer: CopyConsumer,
    { prologue, epilogue, meter }: CopyOptions,
  ) {
    this.#meter = meter;
    this.#client = client;
    const before = prologue ? [withoutTerminator(prologue), END_OF_PROLOGUE] : [];
    this.#text = [...before, ...statements, ...(epilogue ? [epilogue] : [])].join(';\n');
    this.#copies = statements.length;
    this.#prologueDone = !prologue;
    this.#decoder = new CopyStreamDecoder(consumer, (message) => this.#forward(message));
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: Connection): Error | undefined {
    const stream = connection.stream as Duplex;
    if (!stream.writable) return connectionLost();
    this.#stream = stream;
    this.#libraryListeners = stream.listeners('data') as DataListener[];
    stream.on('data', this.#onData); // before the others go: a stream without listeners may stop flowing
    for (const listener of this.#libraryListeners) stream.removeListener('data', listener);
    readInPlace(stream, true); // the decoder copies what it is given
    stream.once('close', this.#onClose);
    connection.query(this.#text);
    return undefined;
  }

  handleCommandComplete(message: { readonly text: string }): void {
    if (this.#prologueDone && message.text.startsWith('COPY ')) this.#completed++;
    else if (message.text === 'SHOW') this.#prologueDone = true;
  }

  /** An ErrorResponse, or an error of the socket. The outcome waits for ReadyForQuery or the connection's end. */
  handleError(error: Error): void {
    this.#fail(error);
    if (this.#stream === null || this.#stream.destroyed) this.#settle();
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleReadyForQuery(): void {}

  handleCopyInResponse(connection: { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail('COPY … FROM STDIN is not expected here'); // else both sides would wait for ever
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#destroyed) return;
    const startMs = performance.now();
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#fail(error);
      this.#destroyed = true; // the position in the stream is lost
      this.#client.on('error', ignore); // "terminated unexpectedly" is no news: it is we who end it
      this.#stream?.destroy();
    }
    this.#meter?.received(chunk.length, performance.now() - startMs);
  };

  readonly #onClose = (): void => {
    this.#release();
    this.#fail(connectionLost());
    this.#settle();
  };

  #forward(message: Uint8Array): void {
    const ready = message[0] === READY_FOR_QUERY;
    const listeners = this.#libraryListeners;
    if (ready) {
      this.transactionAborted = message[5] === IN_FAILED_TRANSACTION;
      this.#release(); // first: the library may submit its next query while it handles this message
    }
    const buffer = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    for (const listener of listeners) listener(buffer);
    if (ready) this.#settle();
  }

  #release(): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    readInPlace(stream, false);
    for (const listener of this.#libraryListeners) stream.on('data', listener);
    stream.removeListener('data', this.#onData);
    stream.removeListener('close', this.#onClose);
  }

  #fail(error: unknown): void {
    const phase: CopyPhase = !this.#prologueDone ? 'prologue' : this.#completed < this.#copies ? 'copy' : 'epilogue';
    this.#failure ??= new CopyFailure(this.#completed, phase, error);
  }

  #settle(): void {
    if (this.#failure !== null) this.#reject(this.#failure);
    else this.#resolve({ rows: this.#decoder.rows, bytes: this.#decoder.payloadBytes });
  }
}

function readInPlace(stream: Duplex | ReadingSocket, inPlace: boolean): void {
  if ('inPlace' in stream) stream.inPlace = inPlace;
}

function withoutTerminator(sql: string): string {
  return sql.trimEnd().replace(/;+$/, '');
}

function ignore(): void {}
