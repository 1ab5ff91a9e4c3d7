/** A range of heap blocks of one part; `toBlock` is exclusive, null for the last chunk of a part. */
export interface BlockRange {
  readonly fromBlock: number;
  readonly toBlock: number | null;
}

export interface Chunk extends BlockRange {
  /** Index into the table's `parts`. */
  readonly part: number;
  /** Expected size, bytes. */
  readonly bytes: number;
}

export interface ChunkLimits {
  /** A part is never cut into pieces smaller than this, bytes. */
  readonly minBytes: number;
  /** Wanted number of chunks for one table. */
  readonly maxChunks: number;
  /** No chunk is larger than this even where `maxChunks` would be exceeded, so that one chunk fits in a snapshot's age. */
  readonly maxBytes: number;
}

export interface PartSize {
  readonly blocks: number;
  readonly blockBytes: number;
  readonly chunkable: boolean;
}

/**
 * Cut the parts of a table into chunks of about equal size, in physical order: merging the chunks in this order gives
 * figures that do not depend on which worker read which chunk. The last chunk of each part has no upper bound, because the
 * heap may have grown after its size was read.
 */
export function planChunks(parts: readonly PartSize[], limits: ChunkLimits): Chunk[] {
  const total = parts.reduce((sum, part) => sum + part.blocks * part.blockBytes, 0);
  const wanted = Math.max(total / limits.maxChunks, Math.max(limits.minBytes, 1));
  const target = Math.min(wanted, limits.maxBytes);
  return parts.flatMap((part, index) => cutPart(part, index, target));
}

function cutPart(part: PartSize, index: number, targetBytes: number): Chunk[] {
  const bytes = part.blocks * part.blockBytes;
  const pieces = part.chunkable ? Math.min(Math.max(Math.round(bytes / targetBytes), 1), Math.max(part.blocks, 1)) : 1;
  return Array.from({ length: pieces }, (_, piece) => {
    const fromBlock = Math.floor((part.blocks * piece) / pieces);
    const end = Math.floor((part.blocks * (piece + 1)) / pieces);
    return {
      part: index,
      fromBlock,
      toBlock: piece === pieces - 1 ? null : end,
      bytes: (end - fromBlock) * part.blockBytes,
    };
  });
}
