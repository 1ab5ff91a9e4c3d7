import type { ChangeAction } from '#src/adapters/store/change-incidents.js';
import { configSecrets } from '#src/config/config.js';
import { parseDuration } from '#src/config/duration.js';
import { redactSecrets } from '#src/config/redact.js';
import { reportOn, writeAuditLog } from '../audit-log.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { parseTime } from '../options.js';
import { personName } from '../person.js';
import { formatTime } from '../render/format.js';
import { openMetadata, orUsageError } from '../run-store.js';
import { incidentLabel } from './incident-label.js';

export interface ChangeOptions {
  readonly reason?: string;
  readonly until?: string;
}

/** Acknowledge, resolve, expect or mute incidents, all of them or none; exit 3 where that makes no sense. */
export async function changeIncidentsCommand(
  action: ChangeAction,
  ids: readonly string[],
  { reason, until }: ChangeOptions,
  io: Io,
): Promise<number> {
  const at = new Date();
  const end = until === undefined ? undefined : endOf(until, at);
  const labels = [...new Set(ids.map(incidentLabel))];
  const config = loadSettings(io);
  const store = await openMetadata(config, () => undefined);
  try {
    const change = {
      ...{ action, at, actor: personName(io) },
      ...(reason !== undefined && { reason: redactSecrets(reason, configSecrets(config)) }),
      ...(end && { until: end }),
    };
    const mirror = () => writeAuditLog(store, config, reportOn(io, config));
    await orUsageError(() => store.changeIncidents(labels, change, mirror));
    for (const label of labels) writeLine(io.stdout, `${label} ${sentence(action, end)}`);
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

function sentence(action: ChangeAction, end: Date | undefined): string {
  const until = end && formatTime(end.getTime());
  switch (action) {
    case 'ack':
      return 'is acknowledged; it opens again where it gets worse.';
    case 'resolve':
      return 'is resolved; where it comes back it is a new incident.';
    case 'expect':
      return `is expected: what was found is information ${until ? `until ${until}` : 'for 30 days'}.`;
    case 'mute':
      return `is muted until ${until ?? 'it is over'}.`;
  }
}

/** A time (`2026-12-24`) or a duration from now (`7d`). */
function endOf(text: string, now: Date): Date {
  const seconds = parseDuration(text);
  const end = seconds === undefined ? timeOf(text) : new Date(now.getTime() + seconds * 1000);
  if (!end || Number.isNaN(end.getTime()))
    throw new CliError(
      `--until: "${text}" is neither a time nor a duration; write 2026-12-24, 2026-12-24T06:00Z or 7d`,
    );
  if (end <= now) throw new CliError(`--until: ${end.toISOString()} is over already; give a time to come, or 7d`);
  return end;
}

function timeOf(text: string): Date | undefined {
  try {
    return parseTime(text);
  } catch {
    return undefined;
  }
}
