import type { Severity } from '../model/finding.js';
import type { SlotState, SourceHistory } from '../model/history.js';
import type { SourceCheck } from './check.js';
import { makeFinding } from './finding.js';
import { byteSize, name, time } from './sentence.js';
import type { CheckSettings } from './settings.js';

/** Replication slots that nobody reads: the WAL they hold back fills the disk, or is already lost to them. */
export const replicationSlot: SourceCheck = {
  name: 'replication_slot',
  judge(history, settings) {
    const limit = settings.slots.retainedLimitBytes;
    return (history.inventory?.slots ?? []).flatMap((slot) => {
      const severity = severityOf(slot, settings.slots);
      if (severity === null) return [];
      return makeFinding(history, {
        check: this.name,
        metric: 'slot_retained_bytes',
        object: slot.name,
        severity,
        value: slot.retainedBytes,
        expected: { upper: limit },
        ...(slot.retainedBytes === null || limit <= 0 ? {} : { distance: slot.retainedBytes / limit }),
        message: `Replication slot ${name(slot.name)} of source ${name(history.source)} is inactive${activeBefore(slot, history)}${consequence(slot, limit)}.`,
      });
    });
  },
};

function severityOf(slot: SlotState, limits: CheckSettings['slots']): Severity | null {
  if (slot.active) return null;
  if (slot.walStatus === 'lost' || slot.walStatus === 'unreserved') return 'critical';
  const retained = slot.retainedBytes;
  if (retained === null || retained <= limits.retainedLimitBytes) return null;
  return retained > limits.criticalFactor * limits.retainedLimitBytes ? 'critical' : 'warn';
}

function activeBefore(slot: SlotState, history: SourceHistory): string {
  const previous = history.previousInventory;
  const before = previous?.slots.find((each) => each.name === slot.name);
  return previous && before?.active ? `, unlike at ${time(previous.time)},` : '';
}

function consequence(slot: SlotState, limit: number): string {
  if (slot.walStatus === 'lost')
    return ' and has lost WAL that it needed: its reader must start again from a full copy';
  const retained = slot.retainedBytes === null ? 'WAL' : `${byteSize(slot.retainedBytes)} of WAL`;
  if (slot.walStatus === 'unreserved') return ` and holds back ${retained}, which the server is about to remove`;
  return ` and holds back ${retained}, which fills the disk; expected at most ${byteSize(limit)}`;
}
