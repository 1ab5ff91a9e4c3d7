import { appendFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { LineageSettings } from '#src/config/config.js';
import { httpSend } from '../sinks/http-send.js';

/** Sends one event; resolves with why it could not, null where it could. Never rejects. */
export type SendLineage = (event: object, signal: AbortSignal) => Promise<string | null>;

/** Where servers of the specification take events, for a URL that has no path. */
const ENDPOINT = '/api/v1/lineage';
const ATTEMPTS = 3;
const RETRY_DELAY_MS = 500;

/** Whatever of a URL and a file is set. */
export function openLineageSinks({ url, apiKey, file }: LineageSettings): SendLineage[] {
  return [...(file === undefined ? [] : [appending(file)]), ...(url === undefined ? [] : [posting(url, apiKey)])];
}

function posting(address: string, apiKey: string | undefined): SendLineage {
  const target = new URL(address);
  if (target.pathname === '/') target.pathname = ENDPOINT;
  const url = target.href;
  const headers = {
    'Content-Type': 'application/json',
    ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }),
  };
  return async (event, signal) => {
    const body = JSON.stringify(event);
    for (let attempt = 1; ; attempt++) {
      const outcome = await httpSend(url, { setting: 'OPENLINEAGE_URL', method: 'POST', headers, body, signal });
      if (outcome.result === 'delivered') return null;
      if (outcome.result === 'failed' || attempt === ATTEMPTS || signal.aborted) return outcome.failure.message;
      const waitMs = outcome.retryAfterMs ?? Math.random() * RETRY_DELAY_MS * 2 ** attempt;
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
  };
}

const NO_FOLDER = 'its folder does not exist; make it, or correct OPENLINEAGE_FILE';
const NO_RIGHT = 'this account may not write there; let it, or correct OPENLINEAGE_FILE';
const WHY: Readonly<Record<string, string>> = {
  ...{ ENOENT: NO_FOLDER, ENOTDIR: NO_FOLDER, EACCES: NO_RIGHT, EPERM: NO_RIGHT, EROFS: 'the disk is read-only' },
  EISDIR: 'that is a folder; set OPENLINEAGE_FILE to a file in it',
  ENOSPC: 'the disk is full',
};

/** One event a line. */
function appending(file: string): SendLineage {
  return async (event) => {
    try {
      await appendFile(file, `${JSON.stringify(event)}\n`);
      return null;
    } catch (error) {
      const { code = 'no reason given' } = error as NodeJS.ErrnoException;
      return `${file} cannot be written: ${WHY[code] ?? code}`;
    }
  };
}
