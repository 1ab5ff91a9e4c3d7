import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** An engine that does not answer within this time is taken for absent, milliseconds. */
const ANSWER_MS = 2_000;

/** True where a Docker engine answers and has the image: nothing is pulled. */
export function imageIsLocal(image: string): Promise<boolean> {
  const engine = engineAddress();
  if (!engine) return Promise.resolve(false);
  return new Promise((resolve) => {
    const path = `/images/${encodeURIComponent(image)}/json`;
    const request = get({ ...engine, path, timeout: ANSWER_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

function engineAddress(): { socketPath: string } | { host: string; port: number } | undefined {
  const configured = process.env.DOCKER_HOST;
  if (configured?.startsWith('unix://')) return { socketPath: configured.slice('unix://'.length) };
  if (configured) {
    const { hostname, port } = new URL(configured);
    return { host: hostname, port: Number(port || 2375) };
  }
  const sockets = [
    '/var/run/docker.sock',
    join(process.env.XDG_RUNTIME_DIR ?? '/run', 'docker.sock'),
    join(homedir(), '.docker', 'run', 'docker.sock'),
  ];
  const socketPath = sockets.find((path) => existsSync(path));
  return socketPath === undefined ? undefined : { socketPath };
}
