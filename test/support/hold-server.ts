import { reachableDataDir, startEmbeddedServer } from '#src/adapters/embedded/server.js';

/**
 * A program that starts a server and holds it until it is killed: `hold-server.ts DATA_DIR [ACCOUNT]`. Prints one line of
 * JSON when the server accepts connections, or `{ "error": … }`.
 */
const [dataDir = '', account] = process.argv.slice(2);
const at = reachableDataDir(dataDir, account);
try {
  const server = await startEmbeddedServer({
    dataDir: at.path,
    user: 'owner',
    password: 'secret',
    ...(account !== undefined && { account }),
  });
  const { pid, port, binaries } = server;
  console.log(JSON.stringify({ pid, port, dataDir: at.path, notice: at.notice ?? null, home: binaries.home }));
  process.stdin.resume();
  process.stdin.once('end', () => server.stop().then(() => process.exit(0)));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }));
}
