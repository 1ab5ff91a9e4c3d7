import type { AlertSettings } from '#src/config/config.js';
import type { Sink, SinkKind } from './sink.js';
import { webhook } from './webhook.js';

/** Every kind of destination of alerts. */
export const SINKS: readonly SinkKind[] = [webhook];

/** The destinations that are configured. */
export function openSinks(settings: AlertSettings): Sink[] {
  return SINKS.flatMap((kind) => kind.open(settings) ?? []);
}
