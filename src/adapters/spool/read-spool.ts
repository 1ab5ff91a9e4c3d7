import { type FileHandle, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  decodeFrameHeader,
  decodePayload,
  FILE_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  SPOOL_VERSION,
  type SpoolRecord,
  versionOf,
} from './spool-format.js';

const WAITING = '.spool';
/** A reader owns it; also one that died, whose work the next one does again. */
const TAKEN = '.taken';
const TAKEN_NAME = /\.\d+\.\d+\.taken$/;

/** Files of one store that wait to be replayed, in the order of their runs. A folder that is not there has none. */
export async function listSpools(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith(WAITING) || name.endsWith(TAKEN))
    .sort()
    .map((name) => join(folder, name));
}

/** Take a file from its writer, should it still run; resolves with the new path, null where another version wrote the file. */
export async function takeSpool(path: string): Promise<string | null> {
  if ((await spoolVersion(path)) > SPOOL_VERSION) return null;
  if (path.endsWith(TAKEN)) return path;
  const taken = `${path}.${process.pid}.${Date.now()}${TAKEN}`;
  await rename(path, taken);
  return taken;
}

/** 0 for what is no spool. */
async function spoolVersion(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    return versionOf(await bytesAt(file, 0, FILE_HEADER_BYTES)) ?? 0;
  } finally {
    await file.close();
  }
}

/** Give back a file that could not be replayed now; resolves with its path. */
export async function giveSpoolBack(path: string): Promise<string> {
  const waiting = path.replace(TAKEN_NAME, '');
  if (waiting !== path) await rename(path, waiting);
  return waiting;
}

/** Put a file that could not be replayed whole where nobody replays it again; resolves with the new path. */
export async function setSpoolAside(path: string): Promise<string> {
  const aside = `${path.replace(TAKEN_NAME, '')}.${Date.now()}.damaged`;
  await rename(path, aside);
  return aside;
}

/**
 * Every record that is whole, in order; a last one that was cut short was never acknowledged and is left out. `onDamage` is told
 * of each place that cannot be read, in words for a person.
 */
export async function* readSpool(path: string, onDamage: (what: string) => void): AsyncGenerator<SpoolRecord> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (versionOf(await bytesAt(file, 0, FILE_HEADER_BYTES)) === null) {
      if (size > 0) onDamage('its beginning is not that of a spool');
      return;
    }
    for (let at = FILE_HEADER_BYTES; at + FRAME_HEADER_BYTES <= size; ) {
      const header = decodeFrameHeader(await bytesAt(file, at, FRAME_HEADER_BYTES));
      if (header === null) {
        if (!(await isZero(file, at, size))) onDamage(`nothing from byte ${at} to its end (${size}) can be read`);
        return;
      }
      const next = at + FRAME_HEADER_BYTES + header.length;
      if (next > size) return;
      const record = decodePayload(await bytesAt(file, at + FRAME_HEADER_BYTES, header.length), header.checksum);
      if (record) yield record;
      else onDamage(`the record at byte ${at} is damaged`);
      at = next;
    }
  } finally {
    await file.close();
  }
}

/** Fewer where the file ends. */
async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** After a power failure, a file may be longer than what was written to it. */
async function isZero(file: FileHandle, from: number, to: number): Promise<boolean> {
  const STEP = 65_536;
  for (let at = from; at < to; at += STEP)
    if ((await bytesAt(file, at, Math.min(STEP, to - at))).some((byte) => byte !== 0)) return false;
  return true;
}
