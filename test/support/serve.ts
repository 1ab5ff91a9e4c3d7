import { writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type RunningCli, startCli } from './cli.js';
import { workFolder } from './program.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** A running `sentinel serve`. */
export interface Served {
  readonly cli: RunningCli;
  readonly cwd: string;
  readonly port: number;
  ask(path: string, asked?: Asked): Promise<Answer>;
  /** Asks again until the answer is as wanted. */
  until(path: string, wanted: (answer: Answer) => boolean, asked?: Asked): Promise<Answer>;
  /** Resolves when `/readyz` says that it is active. */
  active(): Promise<void>;
}

/** Start the daemon on a free port, with this sentinel.yaml, and wait until it listens; it is killed after the test. */
export async function startServe(
  env: Readonly<Record<string, string>>,
  { policy = '', cwd = workFolder() }: { readonly policy?: string; readonly cwd?: string } = {},
): Promise<Served> {
  writeFileSync(join(cwd, 'sentinel.yaml'), `checks: { disabled: [databases] }\n${policy}`);
  const cli = startCli(['serve'], { cwd, env: { HTTP_PORT: '0', ...env } });
  onTestFinished(async () => void (await cli.kill()));
  await cli.saying(/listening on /);
  const port = Number(/listening on http:\/\/\S+:(\d+)/.exec(cli.said().stderr)![1]);
  const ask: Served['ask'] = (path, asked) => askOf(port, path, asked);
  const until: Served['until'] = async (path, wanted, asked) => {
    for (;;) {
      const answer = await ask(path, asked);
      if (wanted(answer)) return answer;
      if (cli.child.exitCode !== null) throw new Error(`it ended: ${cli.said().stderr}`);
      await sleep(50);
    }
  };
  return {
    ...{ cli, cwd, port, ask, until },
    active: async () => void (await until('/readyz', ({ status }) => status === 200)),
  };
}

/** As a browser or a script would, but with whatever headers one likes. */
function askOf(port: number, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? {} : { 'content-type': 'application/json' };
    const asking = request({ host: '127.0.0.1', port, path, method, headers: { ...content, ...headers } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode!, headers: answer.headers, text, json: () => JSON.parse(text) }),
      );
    });
    asking.on('error', reject);
    asking.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
