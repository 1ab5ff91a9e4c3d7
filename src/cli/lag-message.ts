import type { LagEvent } from '#src/coordinator/ports.js';
import { type Lag, PATIENCE_MS } from '#src/core/planning/lag.js';
import { formatBytes, formatDuration } from './render/format.js';

/** What becomes of reading a source where something lags behind it, as one sentence. */
export function lagMessage(event: LagEvent): string {
  switch (event.type) {
    case 'waiting':
      return `waiting: ${describeLag(event.lag)} (${settingOf(event.lag)})`;
    case 'waited':
      return event.gaveUp
        ? `reading on after ${formatDuration(event.waitedMs)}, although ${describeLag(event.lag)}: this run has waited as long as MAX_LAG_WAIT lets it`
        : `reading on after a wait of ${formatDuration(event.waitedMs)}`;
    case 'hopeless':
      return `${describeLag(event.lag)} and did not catch up although nothing was read for ${PATIENCE_MS / 1000} s: this run does not wait for it`;
    case 'unseen':
      return event.why === 'hidden'
        ? 'there are replicas, but this role may not see how far they are behind; GRANT pg_read_all_stats to it, or set MAX_REPLICA_LAG=0'
        : 'the server does not tell this role how far replicas and slots are behind; set MAX_REPLICA_LAG=0 and MAX_SLOT_LAG=0 to have it so';
  }
}

/** `replica walreceiver at 10.0.0.7 is 12 s behind`. */
export function describeLag(lag: Lag): string {
  if (lag.kind === 'slot')
    return `the reader of replication slot ${lag.name} is ${formatBytes(lag.behindBytes)} of WAL behind`;
  const name = lag.kind === 'standby' ? 'the source, a standby,' : `replica ${lag.name}`;
  return `${name} is ${formatDuration(lag.behindMs)} behind`;
}

function settingOf({ kind }: Lag): string {
  return kind === 'slot' ? 'MAX_SLOT_LAG' : 'MAX_REPLICA_LAG';
}
