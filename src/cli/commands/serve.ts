import type { FastifyInstance } from 'fastify';
import { createHttpServer } from '#src/adapters/http/server.js';
import { createLogSystem } from '#src/adapters/logging/log-system.js';
import { tryInstanceLock } from '#src/adapters/store/instance-lock.js';
import { type Config, configSecrets, type HttpSettings } from '#src/config/config.js';
import { seekLeadership } from '#src/daemon/leadership.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { checkOutputFile } from '../output-file.js';
import { storeOptions } from '../run-store.js';
import { ServeDaemon } from '../serve/daemon.js';
import { openDaemonStore } from '../serve/open-store.js';
import { pageRoutes } from '../serve/page-routes.js';
import { stopOnSignal } from '../signals.js';

const NOT_SCHEDULED =
  'nothing is scheduled, so nothing will ever run by itself; set SCHEDULE, or schedules in sentinel.yaml, and start it again';

/**
 * Stay: run by schedule and answer over HTTP, until a signal. Resolves with 0 then: a daemon that was told to stop, and did, has not
 * failed. A second signal, or a stop that takes too long, ends the process with 130 or 143 as for a run.
 */
export async function serveCommand(io: Io): Promise<number> {
  const config = loadSettings(io);
  if (config.lineage.file) await checkOutputFile('OPENLINEAGE_FILE', config.lineage.file);
  const logs = createLogSystem(config.logs, { console: io.stderr, quiet: false, secrets: configSecrets(config) });
  const announce = (line: string) => writeLine(io.stderr, `${new Date().toISOString()} ${line}`);
  const log = logs.fileLogger('orchestrator');
  const stop = stopOnSignal((signal) => {
    log.info({ signal }, 'serve stops');
    announce(`${signal}: stopping (again to stop at once)`);
  });
  const daemon = new ServeDaemon({ config, logs, io, stop, announce });
  const app = await createHttpServer({
    settings: config.http,
    daemon,
    log,
    pages: pageRoutes(daemon, daemon.pages, config.http),
  });
  try {
    const url = await listen(app, config.http);
    log.info({ url }, 'serve listens');
    const count = config.schedules.length;
    announce(`listening on ${url}${count > 0 ? `; ${count} scheduled` : ''}`);
    if (count === 0) {
      announce(`warning: ${NOT_SCHEDULED}`);
      log.warn({}, NOT_SCHEDULED);
    }
    await work(daemon, config, stop.signal);
    return EXIT.ok;
  } finally {
    await app.close();
    await daemon.pages.close();
    stop.dispose();
    await logs.close();
  }
}

/** Until the signal. */
async function work(daemon: ServeDaemon, config: Config, signal: AbortSignal): Promise<void> {
  const store = await openDaemonStore(config, (reason) => daemon.standBy(reason), signal);
  if (store === null) return;
  try {
    const options = storeOptions(config);
    await seekLeadership({
      tryLock: () => tryInstanceLock(options),
      begin: () => daemon.begin(),
      end: async (reason) => {
        daemon.end(reason);
        // Whoever is active next must not meet the run that is being stopped.
        if (signal.aborted) await daemon.idle();
      },
      standingBy: (reason) => daemon.standBy(reason),
      signal,
      confirm: (ask) => daemon.use(store, ask),
    });
    await daemon.idle();
  } finally {
    await store.close();
  }
}

async function listen(app: FastifyInstance, { host, port }: HttpSettings): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliError(`HTTP_HOST, HTTP_PORT: ${reasonOf(code, host, port) ?? message}`);
  }
}

function reasonOf(code: string | undefined, host: string, port: number): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is in use; stop what listens there, or set HTTP_PORT`;
    case 'EACCES':
      return `port ${port} may not be listened on by this account; set HTTP_PORT to one above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; set HTTP_HOST`;
    default:
      return undefined;
  }
}
