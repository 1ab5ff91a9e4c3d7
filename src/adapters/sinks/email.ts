import type { EmailSettings } from '#src/config/email-settings.js';
import { readPasswordFile } from '#src/config/password-file.js';
import type { DeliveryFailure, DeliveryOutcome, DeliveryProgress } from '#src/contract/alert-delivery.js';
import { composeMail } from './compose-mail.js';
import type { SinkKind } from './sink.js';
import { isPermanent, type SmtpError, type SmtpResult, smtpFailure, smtpSend } from './smtp-send.js';

/** Mail to all recipients; those who have it or refused it for good are left out of later attempts. */
export const email: SinkKind = {
  name: 'email',
  setting: 'ALERT_EMAIL_TO',
  open({ email: settings }) {
    if (settings === undefined) return null;
    const { host, port, tls, from } = settings;
    const destination = `smtp://${host.includes(':') ? `[${host}]` : host}:${port}`;
    return {
      name: 'email',
      reader: 'person',
      destination,
      remarks: tls === 'none' ? ['not encrypted, as SMTP_TLS is none'] : [],
      async deliver(message, signal, progress = null) {
        const to = settings.to.filter((recipient) => !progress?.done.includes(recipient));
        // All that were left were taken out of ALERT_EMAIL_TO since.
        if (to.length === 0) return delivered(progress?.remark);
        const login = withCurrentPassword(settings);
        if ('failure' in login) return { result: 'retry', failure: login.failure, ...(progress && { progress }) };
        const mail = await composeMail(message, settings);
        const result = await smtpSend({ settings: login, from: addressOf(from), to, mail, signal });
        return outcomeOf(result, { to, progress, destination });
      },
    };
  },
};

/** A password in a file may be changed while the process goes on. */
function withCurrentPassword(settings: EmailSettings): EmailSettings | { readonly failure: DeliveryFailure } {
  if (settings.passwordFile === undefined) return settings;
  const read = readPasswordFile(settings.passwordFile);
  if ('password' in read) return { ...settings, password: read.password };
  return { failure: { code: 'no_password', message: `SMTP_PASSWORD_FILE holds no password: ${read.fix}` } };
}

interface Attempt {
  readonly to: EmailSettings['to'];
  readonly progress: DeliveryProgress | null;
  readonly destination: string;
}

/** Permanent refusals of some recipients end nothing for the others, and passing ones are tried again for those alone. */
function outcomeOf({ error, refusals }: SmtpResult, { to, progress, destination }: Attempt): DeliveryOutcome {
  const isEveryRecipient = error !== null && refusals.length === to.length;
  if (error !== null && !isEveryRecipient) {
    const failure = smtpFailure(error, destination);
    if (isPermanent(error)) return { result: 'failed', failure };
    return { result: 'retry', failure, ...(progress && { progress }) };
  }
  const permanent = refusals.filter(({ error: each }) => isPermanent(each));
  const passing = refusals.filter(({ error: each }) => !isPermanent(each));
  const remark = progress?.remark ?? (permanent[0] && refusal(permanent[0], destination));
  const waiting = new Set(passing.map(({ recipient }) => recipient));
  const done = [...(progress?.done ?? []), ...to.filter((recipient) => !waiting.has(recipient))];
  if (passing[0])
    return {
      result: 'retry',
      failure: refusal(passing[0], destination),
      ...(done.length > 0 && { progress: { done, ...(remark && { remark }) } }),
    };
  const isNobody = permanent.length === to.length && !(progress?.done.length ?? 0);
  return isNobody && remark ? { result: 'failed', failure: remark } : delivered(remark);
}

function delivered(remark: DeliveryFailure | undefined): DeliveryOutcome {
  return { result: 'delivered', ...(remark && { remark }) };
}

function refusal({ recipient, error }: { recipient: string; error: SmtpError }, destination: string): DeliveryFailure {
  const { code, message } = smtpFailure(error, destination);
  return { code, message: `${message}, for ${recipient}` };
}

/** The bare address of `Sentinel <data@example.org>`. */
function addressOf(from: string): string {
  return /<([^<>]*)>$/.exec(from)?.[1] ?? from;
}
