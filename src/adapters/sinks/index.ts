import type { AlertSettings } from '#src/config/alert-settings.js';
import { email } from './email.js';
import { file } from './file.js';
import { pagerduty } from './pagerduty.js';
import type { Sink, SinkKind } from './sink.js';
import { slack } from './slack.js';
import { webhook } from './webhook.js';

/** Every kind of destination of alerts. */
export const SINKS: readonly SinkKind[] = [webhook, slack, pagerduty, email, file];

/** The destinations that are configured. */
export function openSinks(settings: AlertSettings): Sink[] {
  return SINKS.flatMap((kind) => kind.open(settings) ?? []);
}
