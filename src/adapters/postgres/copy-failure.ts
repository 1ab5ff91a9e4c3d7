/** Where in the string of statements an error came: in the COPYs, or in what was sent around them. */
export type CopyPhase = 'prologue' | 'copy' | 'epilogue';

/** Why `runCopies` stopped; `cause` is the server's or the socket's error, or what the consumer threw. */
export class CopyFailure extends Error {
  override readonly name = 'CopyFailure';
  /** SQLSTATE or Node's code of the cause, where it has one. */
  readonly code: string | undefined;

  constructor(
    /** COPYs completed before the error, so also the index of the one it came in where `phase` is `copy`. */
    readonly copy: number,
    readonly phase: CopyPhase,
    error: unknown,
  ) {
    const cause = error instanceof Error && !isServerError(error) ? transient(error) : error;
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.code = (cause as { code?: string } | null)?.code;
  }
}

/** The connection ended in the middle: transient, so it carries the code of a reset. */
export function connectionLost(cause?: unknown): Error {
  const error = new Error('the connection was lost while rows were read', { cause });
  return Object.assign(error, { code: 'ECONNRESET' });
}

/** Sentences of node-postgres (8.x) for a dead connection; it gives them no code. */
const LOST = /^(Connection terminated|Client (has encountered a connection error|was closed))/;

function transient(error: Error): Error {
  return LOST.test(error.message) ? connectionLost(error) : error;
}

function isServerError(error: Error): boolean {
  return 'severity' in error;
}
