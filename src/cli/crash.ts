import { EXIT } from './exit-code.js';
import { rememberSecrets, withoutSecrets } from './known-secrets.js';

/** By its end: the source `password_resets` has a PASSWORD_RESETS_DB_HOST. */
const SECRET_NAME =
  /(password|passwd|pwd|secret|token|credentials?|(api|access|private|routing|secret)_?key|dsn|url)$/i;

/**
 * The environment as it was; its secrets are removed from the process, so that they are in no diagnostic report, no worker
 * thread and no child process. `PG*` is left to libpq's own programs.
 */
export function takeEnvironment(): Readonly<Record<string, string | undefined>> {
  const environment = { ...process.env };
  const secrets = Object.entries(environment).filter(
    ([name, value]) => SECRET_NAME.test(name) && !/^PG/.test(name) && value,
  );
  for (const [name] of secrets) delete process.env[name];
  rememberSecrets(secrets.map(([, value]) => value!));
  // Where Node has it (22.13 on), the report leaves out the rest of the environment, too.
  if (process.report) Object.assign(process.report, { excludeEnv: true });
  return environment;
}

/**
 * Nothing of ours ends here: one line without secrets, exit 4. The trace is for those who ask for it (LOG_LEVEL=debug).
 */
export function tellInternalError(error: unknown, environment: Readonly<Record<string, string | undefined>>): void {
  const message = error instanceof Error ? error.message : String(error);
  const trace = environment.LOG_LEVEL === 'debug' && error instanceof Error ? `\n${error.stack}` : '';
  process.stderr.write(`sentinel: internal error: ${withoutSecrets(message.replace(/\s+/g, ' ') + trace)}\n`);
}

/** An error that nobody waits for ends the process as any other internal error does. */
export function endOnCrash(environment: Readonly<Record<string, string | undefined>>): void {
  const end = (error: unknown) => {
    tellInternalError(error, environment);
    process.exit(EXIT.internal);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
