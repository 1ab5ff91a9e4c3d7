import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '#src/adapters/store/store.js';
import { auditFiles, cutTornLine, lastLineOf } from './files.js';
import { AUDIT_LOG, formatLine } from './line.js';

export interface AuditLogSettings {
  /** LOG_DIR. */
  readonly dir: string;
  /** `storeAddress` of the store. */
  readonly store: string;
}

/** A new file begins with so many of the newest events. */
const FIRST_EVENTS = 1_000;
const PAGE = 500;

/**
 * Append to `audit.log` what the trail has beyond the file's last line: the events of this process, and those that an earlier
 * one committed and could not write. Call it while holding the store's lease: then nobody else writes lines of this store.
 * The file is never rotated. Resolves with the id of the file's last event where the trail does not have it, else null;
 * rejects where the file or the store cannot be used.
 */
export async function mirrorTrail(
  trail: Pick<Store, 'auditHead' | 'hashesOf' | 'linksAfter'>,
  { dir, store }: AuditLogSettings,
): Promise<number | null> {
  await mkdir(dir, { recursive: true });
  const file = await open(join(dir, AUDIT_LOG), 'a+');
  try {
    await cutTornLine(file);
    const last = await lastLineOf(await auditFiles(dir), store);
    const isKnown = last !== null && (await trail.hashesOf([last.id])).get(last.id) === last.hash;
    const head = await trail.auditHead();
    let after = isKnown ? last.id : Math.max(0, (head?.id ?? 0) - FIRST_EVENTS);
    for (let more = head !== null; more; ) {
      const links = await trail.linksAfter(after, PAGE);
      if (links.length > 0) await file.appendFile(links.map((link) => `${formatLine(store, link)}\n`).join(''));
      after = links.at(-1)?.id ?? after;
      more = links.length === PAGE;
    }
    await file.sync();
    return last === null || isKnown ? null : last.id;
  } finally {
    await file.close();
  }
}
