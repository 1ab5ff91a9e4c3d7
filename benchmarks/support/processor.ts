import { readFileSync } from 'node:fs';
import type pg from 'pg';

/** Clock ticks of Linux's /proc a second. */
const TICKS = 100;

/** Processor time that a process has used in all, milliseconds; null where it is gone or the system does not tell. */
function processorMs(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields are counted from behind the name, which may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
  } catch {
    return null;
  }
}

/** Adds up what processes use while they are looked at: runs of Sentinel, and its sessions on a server of this machine. */
export class ProcessorTime {
  readonly #usedMs = new Map<number, number>();

  look(pid: number): void {
    const ms = processorMs(pid);
    if (ms !== null) this.#usedMs.set(pid, ms);
  }

  async lookAtSessions(client: pg.Client): Promise<void> {
    const ours = `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'sentinel/%'`;
    for (const { pid } of (await client.query<{ pid: number }>(ours)).rows) this.look(pid);
  }

  totalMs(): number {
    return [...this.#usedMs.values()].reduce((sum, ms) => sum + ms, 0);
  }
}
