/** One try of the program: what is in its folder, its environment and its arguments. */
export interface BadInput {
  /** What was meant, for whoever reads a failure. */
  readonly about: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly BadFile[];
  /** What stderr must name, each with its place where it has one. */
  readonly named: readonly RegExp[];
}

export type BadFile =
  | { readonly name: string; readonly content: string | Uint8Array }
  | { readonly name: string; readonly special: 'folder' | 'loop' | 'dangling' | 'pipe' | 'device' };

/** Part of each secret that is put in: it must never come out. */
export const PLANTED = 'pl4nted-S3cret';

/** A store that refuses connections at once, and no patience. */
export const UNREACHABLE = {
  BATCH_DB_HOST: '127.0.0.1',
  BATCH_DB_PORT: '1',
  CDC_DB_HOST: '127.0.0.1',
  CDC_DB_PORT: '1',
  METADATA_DB_HOST: '127.0.0.1',
  METADATA_DB_PORT: '1',
  METADATA_DB_NAME: 'nowhere',
  METADATA_DB_USER: 'nobody',
  MAX_RETRY_ATTEMPTS: '0',
  CONNECT_TIMEOUT: '2',
} as const;

/** Ends a run with exit 3 after the settings were read and before anything is opened. */
export const STOP_AFTER_SETTINGS = ['run', '--metrics-file', 'no-such-folder/metrics.prom'] as const;

/** A text as a regular expression that means it. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
