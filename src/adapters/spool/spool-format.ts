import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { NewRun } from '#src/adapters/store/records.js';
import type { InventoryRecord, TableRecord } from '#src/coordinator/ports.js';

/**
 * A spool file: eight bytes that name format and version, then one frame a record. A frame is length, CRC-32 of the payload
 * and CRC-32 of these two (u32, little-endian each), and the payload as `v8.serialize` writes it, which later versions of
 * Node read. A header of its own checksum tells a record that was cut short by a crash from one that was damaged.
 */
export type SpoolRecord =
  /** The first record of every file. */
  | { readonly type: 'run'; readonly run: SpooledRun }
  | { readonly type: 'inventory'; readonly record: InventoryRecord }
  | {
      readonly type: 'present';
      readonly source: string;
      readonly present: readonly { readonly schema: string; readonly table: string }[];
    }
  | { readonly type: 'table'; readonly record: TableRecord };

/** What makes the run in a store that does not know it. */
export interface SpooledRun extends NewRun {
  readonly label: string;
}

const NAME = 'SNTLSPL';
/** Raised where a reader of the version before could not read a file. */
export const SPOOL_VERSION = 1;
export const FILE_HEADER_BYTES = NAME.length + 1;
export const FRAME_HEADER_BYTES = 12;

export const FILE_HEADER = Buffer.from(`${NAME}${String.fromCharCode(SPOOL_VERSION)}`, 'latin1');

/** The version in a file's first bytes; null where it is no spool. */
export function versionOf(header: Buffer): number | null {
  return header.length === FILE_HEADER_BYTES &&
    header.subarray(0, NAME.length).equals(FILE_HEADER.subarray(0, NAME.length))
    ? header[NAME.length]!
    : null;
}

export function encodeFrame(record: SpoolRecord): Buffer {
  const payload = serialize(record);
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(crc32(payload), 4);
  header.writeUInt32LE(crc32(header.subarray(0, 8)), 8);
  return Buffer.concat([header, payload]);
}

/** Length and checksum of the payload that follows; null where the header is damaged. */
export function decodeFrameHeader(header: Buffer): { readonly length: number; readonly checksum: number } | null {
  if (crc32(header.subarray(0, 8)) !== header.readUInt32LE(8)) return null;
  return { length: header.readUInt32LE(0), checksum: header.readUInt32LE(4) };
}

/** Null where the payload is damaged, or of a Node whose format this one does not know. */
export function decodePayload(payload: Buffer, checksum: number): SpoolRecord | null {
  if (crc32(payload) !== checksum) return null;
  try {
    return deserialize(payload) as SpoolRecord;
  } catch {
    return null;
  }
}
