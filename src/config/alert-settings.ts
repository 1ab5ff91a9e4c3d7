import { resolve } from 'node:path';
import type { SinkName } from '#src/contract/alert-delivery.js';
import type { ConnectionContext } from './connections.js';
import { type EmailSettings, emailSettings } from './email-settings.js';
import type { Values } from './parse-variables.js';
import type { Policy } from './policy.js';
import { POLICY_FILE } from './policy-file.js';
import type { Problem } from './problem.js';
import type { VARIABLES } from './variables.js';

/** Where alerts go; what is absent is switched off. */
export interface AlertSettings {
  readonly webhookUrl?: string;
  readonly webhookSecret?: string;
  readonly slackWebhookUrl?: string;
  readonly pagerdutyRoutingKey?: string;
  readonly pagerdutyUrl?: string;
  readonly email?: EmailSettings;
  /** Absolute path. */
  readonly alertFile?: string;
  readonly heartbeatUrl?: string;
  readonly reportUrl?: string;
  /** After which an open incident is told again; null: never. */
  readonly reminderMs?: number | null;
}

/** By sink: which setting switches it on, and the variable that a person sets for that. */
const SWITCHES: Readonly<Record<SinkName, readonly [keyof AlertSettings, string]>> = {
  webhook: ['webhookUrl', 'WEBHOOK_URL'],
  slack: ['slackWebhookUrl', 'SLACK_WEBHOOK_URL'],
  pagerduty: ['pagerdutyRoutingKey', 'PAGERDUTY_ROUTING_KEY'],
  email: ['email', 'ALERT_EMAIL_TO'],
  file: ['alertFile', 'ALERT_FILE'],
};

/** By sink: the variables without which it cannot be opened. */
const VARIABLES_OF: Readonly<Record<SinkName, RegExp>> = {
  webhook: /^WEBHOOK_URL$/,
  slack: /^SLACK_WEBHOOK_URL$/,
  pagerduty: /^PAGERDUTY_ROUTING_KEY$/,
  email: /^(ALERT_EMAIL|SMTP)_/,
  file: /^ALERT_FILE$/,
};

/** The settings of alerts; what is wrong with them goes to the problems of the context. */
export function alertSettings(
  values: Values<Omit<typeof VARIABLES, 'SENTINEL_ENV'>>,
  context: ConnectionContext,
): AlertSettings {
  const email = emailSettings(values, context);
  return {
    ...(values.WEBHOOK_URL !== undefined && { webhookUrl: values.WEBHOOK_URL }),
    ...(values.WEBHOOK_SECRET !== undefined && { webhookSecret: values.WEBHOOK_SECRET }),
    ...(values.SLACK_WEBHOOK_URL !== undefined && { slackWebhookUrl: values.SLACK_WEBHOOK_URL }),
    ...(values.PAGERDUTY_ROUTING_KEY !== undefined && { pagerdutyRoutingKey: values.PAGERDUTY_ROUTING_KEY }),
    pagerdutyUrl: values.PAGERDUTY_URL,
    ...(email !== undefined && { email }),
    ...(values.ALERT_FILE !== undefined && { alertFile: resolve(context.cwd, values.ALERT_FILE) }),
    ...(values.HEARTBEAT_URL !== undefined && { heartbeatUrl: values.HEARTBEAT_URL }),
    ...(values.REPORT_URL !== undefined && { reportUrl: values.REPORT_URL }),
    reminderMs: values.ALERT_REMINDER || null,
  };
}

/** A route must not lead nowhere: not to a sink that is switched off, not to a source that there is not. */
export function checkRoutes(
  { routes }: Policy['alerts'],
  settings: AlertSettings,
  sources: readonly string[],
  problems: Problem[],
): void {
  // One that is set, but not as it must be, is a problem already.
  const wrong = new Set(
    Object.entries(VARIABLES_OF).flatMap(([sink, own]) =>
      problems.some(({ setting }) => own.test(setting)) ? [sink] : [],
    ),
  );
  for (const [at, { sinks, source }] of (routes ?? []).entries()) {
    for (const sink of sinks) {
      const [key, variable] = SWITCHES[sink];
      if (settings[key] !== undefined || wrong.has(sink)) continue;
      problems.push({
        setting: `alerts.routes[${at}].sinks`,
        file: POLICY_FILE,
        found: `${sink}, which is not configured`,
        allowed: 'sinks that are configured in the environment',
        fix: `set ${variable}, or remove ${sink} from the route`,
      });
    }
    if (source !== undefined && !sources.includes(source))
      problems.push({
        setting: `alerts.routes[${at}].source`,
        file: POLICY_FILE,
        found: source,
        allowed: `a source in SENTINEL_SOURCES: ${sources.join(', ')}`,
        fix: 'correct it, or add it to SENTINEL_SOURCES',
      });
  }
}
