import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GroupCommit } from '#src/adapters/store/group-commit.js';
import { encodeFrame, FILE_HEADER, type SpooledRun, type SpoolRecord } from './spool-format.js';

/** Frames that are written and synced together, at most. */
const MAX_GROUP = 64;

interface OpenFile {
  readonly file: FileHandle;
  readonly path: string;
  readonly inode: number;
  /** What is on disk. */
  bytes: number;
}

/**
 * The spool of one run, made when the first record comes. Readable by its owner only: what is in it is what the store would hold.
 * Whoever replays spools takes a file by renaming it; what this side appends after that goes to another file.
 */
export class SpoolFile {
  readonly #folder: string;
  readonly #run: SpooledRun;
  readonly #commit: GroupCommit<SpoolRecord>;
  #open: OpenFile | null = null;
  #broken: Error | null = null;

  /** `folder` is that of one store. */
  constructor(folder: string, run: SpooledRun) {
    this.#folder = folder;
    this.#run = run;
    this.#commit = new GroupCommit((records) => this.#append(records), {
      intervalMs: 0,
      maxRows: MAX_GROUP,
      rowsOf: () => 1,
    });
  }

  /** Where it is, or would be. */
  get path(): string {
    return this.#open?.path ?? join(this.#folder, `${this.#run.label}.spool`);
  }

  /** Resolves when the record is on disk. Rejects with the error of the file system, from then on always. */
  append(record: SpoolRecord): Promise<void> {
    return this.#commit.add(record);
  }

  async close(): Promise<void> {
    await this.#commit.close();
    await this.#open?.file.close();
  }

  async #append(records: readonly SpoolRecord[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    const frames = Buffer.concat(records.map(encodeFrame));
    try {
      // Where the file was taken, its reader may or may not have seen these frames: twice does no harm.
      do await this.#write(frames);
      while (!(await this.#isInPlace()));
    } catch (error) {
      this.#broken = error as Error;
      throw error;
    }
  }

  async #write(frames: Buffer): Promise<void> {
    const open = (this.#open ??= await this.#create());
    try {
      for (let done = 0; done < frames.length; )
        done += (await open.file.write(frames, done, frames.length - done, open.bytes + done)).bytesWritten;
      await open.file.datasync();
      open.bytes += frames.length;
    } catch (error) {
      // A full disk may have taken part of it.
      await open.file.truncate(open.bytes).catch(() => undefined);
      throw error;
    }
  }

  async #create(): Promise<OpenFile> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (let number = 1; ; number++) {
      const path = join(this.#folder, `${this.#run.label}${number === 1 ? '' : `.${number}`}.spool`);
      try {
        const file = await open(path, 'wx', 0o600);
        const start = Buffer.concat([FILE_HEADER, encodeFrame({ type: 'run', run: this.#run })]);
        await file.write(start);
        await syncFolder(dirname(path));
        return { file, path, inode: (await file.stat()).ino, bytes: start.length };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  async #isInPlace(): Promise<boolean> {
    const { file, path, inode } = this.#open!;
    const found = await stat(path).catch(() => null);
    if (found?.ino === inode) return true;
    await file.close();
    this.#open = null;
    return false;
  }
}

/** A new name is on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
