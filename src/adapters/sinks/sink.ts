import type { AlertSettings } from '#src/config/alert-settings.js';
import type { SinkName } from '#src/contract/alert-delivery.js';
import type { AlertSink } from '#src/coordinator/deliver-alerts.js';
import type { Reader } from '#src/core/incidents/alert-plan.js';

/** A destination that is configured. */
export interface Sink extends AlertSink {
  readonly name: SinkName;
  readonly reader: Reader;
  /** Where it delivers to, as far as that is no secret. */
  readonly destination: string;
  /** What a person who tries it should know: "not signed, as …". */
  readonly remarks: readonly string[];
}

/** A kind of destination: one file, and its line in `index.ts`. */
export interface SinkKind {
  /** What people type, and what the outbox knows it by: it never changes. */
  readonly name: SinkName;
  /** The variable that switches it on. */
  readonly setting: string;
  /** Null where it is not configured. */
  open(settings: AlertSettings): Sink | null;
}
