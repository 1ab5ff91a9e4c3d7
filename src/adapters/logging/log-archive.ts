import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface LogArchiveOptions {
  readonly dir: string;
  /** Of the log file, e.g. `profiler.log`. */
  readonly name: string;
  /** Archives kept: `profiler.log.1.gz` is the newest. */
  readonly backupCount: number;
  readonly onProblem: (error: Error) => void;
}

/** The rotated files of one log, and the gzip archives that become of them, one after the other, beside the writing. */
export interface LogArchive {
  /** Looks at what an earlier process left; call before the first rotation. Rejects where the folder cannot be read. */
  prepare(): Promise<void>;
  /** Name that the next full file is given. */
  nextName(): string;
  /** Compress every rotated file there is, those that an earlier process left, too; call after each rotation. */
  compress(): void;
  /** Resolves when nothing is left to compress, or it could not be. */
  idle(): Promise<void>;
}

/**
 * Each step is one rename or removal, so a process may be killed between any two: `name.rotated-7` is a full file,
 * `name.rotated-7.tmp` half of an archive, `name.rotated-7.gz` a whole one that has yet to take its place as `name.1.gz`.
 */
export function createLogArchive({ dir, name, backupCount, onProblem }: LogArchiveOptions): LogArchive {
  let sequence = 0;
  let isWanted = false;
  let running: Promise<void> | undefined;

  const remove = (file: string) => rm(join(dir, file), { force: true });
  const move = (from: string, to: string) => rename(join(dir, from), join(dir, to));

  /** Makes room at `name.1.gz`: archives move up by one as far as the first gap, and the last of a full row goes. */
  const shift = async (archives: readonly number[]): Promise<void> => {
    let gap = 1;
    while (gap <= backupCount && archives.includes(gap)) gap++;
    for (let number = Math.min(gap, backupCount); number > 1; number--)
      await move(`${name}.${number - 1}.gz`, `${name}.${number}.gz`);
  };

  const archive = async (number: number): Promise<void> => {
    const rotated = rotatedName(name, number);
    const { full, whole, archives } = await listFiles(dir, name);
    if (!whole.includes(number)) {
      const staging = `${rotated}.tmp`;
      await pipeline(createReadStream(join(dir, rotated)), createGzip(), createWriteStream(join(dir, staging)));
      await move(staging, `${rotated}.gz`);
    }
    if (full.includes(number)) await remove(rotated);
    await shift(archives);
    await move(`${rotated}.gz`, `${name}.1.gz`);
  };

  const compressAll = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      const { full, whole, half, archives } = await listFiles(dir, name);
      for (const number of half) await remove(`${rotatedName(name, number)}.tmp`);
      for (const number of archives) if (number > backupCount) await remove(`${name}.${number}.gz`);
      const waiting = numbers({ full, whole });
      // Older ones would be pushed out by the newer at once.
      const kept = backupCount === 0 ? [] : waiting.slice(-backupCount);
      for (const number of waiting) {
        if (kept.includes(number)) await archive(number);
        else for (const ending of ['', '.gz']) await remove(rotatedName(name, number) + ending);
      }
    }
  };

  const compress = (): void => {
    isWanted = true;
    running ??= compressAll()
      .catch((error: Error) => {
        isWanted = false; // what is left is tried again after the next rotation
        onProblem(error);
      })
      .finally(() => {
        running = undefined;
        if (isWanted) compress();
      });
  };

  return {
    async prepare() {
      sequence = Math.max(sequence, ...numbers(await listFiles(dir, name)));
    },
    nextName: () => rotatedName(name, ++sequence),
    compress,
    async idle() {
      while (running !== undefined) await running;
    },
  };
}

function rotatedName(name: string, number: number): string {
  return `${name}.rotated-${number}`;
}

interface Files {
  /** Numbers of rotated files, of whole archives of such, of half ones, and of the archives that are kept. */
  readonly full: number[];
  readonly whole: number[];
  readonly half: number[];
  readonly archives: number[];
}

/** The rotated files, oldest first. */
function numbers({ full, whole }: Pick<Files, 'full' | 'whole'>): number[] {
  return [...new Set([...full, ...whole])].sort((a, b) => a - b);
}

async function listFiles(dir: string, name: string): Promise<Files> {
  const files: Files = { full: [], whole: [], half: [], archives: [] };
  for (const file of await readdir(dir)) {
    if (!file.startsWith(`${name}.`)) continue;
    const rest = file.slice(name.length + 1);
    const [, number, ending] = /^rotated-(\d{1,15})(\.gz|\.tmp)?$/.exec(rest) ?? [];
    if (number !== undefined)
      (ending === undefined ? files.full : ending === '.gz' ? files.whole : files.half).push(Number(number));
    const [, archived] = /^([1-9]\d{0,8})\.gz$/.exec(rest) ?? [];
    if (archived !== undefined) files.archives.push(Number(archived));
  }
  return files;
}
