import { EXIT } from './exit-code.js';

export interface StopSignal {
  readonly signal: AbortSignal;
  /** 130 or 143 once a signal came, else null. */
  exitCode(): number | null;
  /** End the run without a signal. */
  abort(): void;
  dispose(): void;
}

/** How long a stop may take before it is done at once. */
const STOP_LIMIT_MS = 8_000;

/** SIGINT and SIGTERM stop the run cleanly; a second one, or a stop that takes too long, ends the process at once. */
export function stopOnSignal(announce: (signal: string) => void): StopSignal {
  const stop = new AbortController();
  let exitCode: number | null = null;
  const handle = (signal: NodeJS.Signals) => {
    const code = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
    if (exitCode !== null) process.exit(code);
    exitCode = code;
    announce(signal);
    stop.abort(new Error(`stopped by ${signal}`));
    setTimeout(() => process.exit(code), STOP_LIMIT_MS).unref();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: stop.signal,
    exitCode: () => exitCode,
    abort: () => stop.abort(new Error('the run cannot go on')),
    dispose() {
      process.removeListener('SIGINT', handle);
      process.removeListener('SIGTERM', handle);
    },
  };
}
