/** The process as a command sees it; tests run commands with streams of their own. */
export interface Io {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Standard streams of this process. A reader that goes away (`| head`) ends output, not the run. */
export function processIo(env: Io['env']): Io {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  return { stdout: process.stdout, stderr: process.stderr, env, cwd: process.cwd() };
}

/** One JSON object as a line on stdout. */
export function writeJson(io: Io, record: object): void {
  io.stdout.write(`${JSON.stringify(record)}\n`);
}

/** Text as a line on a stream. */
export function writeLine(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`${text}\n`);
}
