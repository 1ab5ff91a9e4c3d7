import { readFileSync } from 'node:fs';
import type { EmailSettings } from '#src/config/email-settings.js';
import type { DeliveryFailure } from '#src/contract/alert-delivery.js';
import { printable } from '#src/core/checks/sentence.js';
import { whyUnreached } from './unreached.js';
import { shortened } from './wording.js';

/** What nodemailer says of a failure. */
export interface SmtpError extends Error {
  readonly code?: string | undefined;
  /** The system's own code, where `code` is nodemailer's. */
  readonly originalCode?: string | undefined;
  /** The command that was answered. */
  readonly command?: string | undefined;
  readonly response?: string | undefined;
  readonly responseCode?: number | undefined;
}

export interface SmtpSend {
  readonly settings: EmailSettings;
  readonly from: string;
  readonly to: readonly string[];
  readonly mail: Buffer;
  readonly signal: AbortSignal;
}

export interface SmtpResult {
  /** Null where the server has taken the mail for all recipients that it did not refuse. */
  readonly error: SmtpError | null;
  readonly refusals: readonly { readonly recipient: string; readonly error: SmtpError }[];
}

const QUIT_MS = 2_000;
const MAX_RESPONSE_LENGTH = 200;

/**
 * One mail on a connection of its own; never rejects. It is taken from the moment that the server has answered its end with 250,
 * whatever becomes of the connection then; where it says nothing more, nobody can know.
 */
export async function smtpSend({ settings, from, to, mail, signal }: SmtpSend): Promise<SmtpResult> {
  // Loaded where something is sent: most commands send nothing.
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  const { host, port, tls, user, password, sslRootCert } = settings;
  return new Promise((resolve) => {
    const fail = (
      error: SmtpError & { rejectedErrors?: (SmtpError & { recipient?: string | undefined })[] | undefined },
    ) => end({ error, refusals: refusalsOf(error.rejectedErrors) });
    let connection: InstanceType<typeof Connection>;
    try {
      connection = new Connection({
        ...{ host, port, secure: tls === 'tls', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
        tls: { minVersion: 'TLSv1.2', ...(sslRootCert !== undefined && { ca: readFileSync(sslRootCert) }) },
        // The caller's signal ends it sooner.
        ...{ connectionTimeout: 30_000, greetingTimeout: 30_000, socketTimeout: 30_000, socketCloseTimeout: 0 },
      });
    } catch (error) {
      resolve({ error: error as SmtpError, refusals: [] }); // the file of authorities is gone
      return;
    }
    const aborted = () => fail(Object.assign(new Error('no answer in time'), { code: 'timeout' }));
    const end = (result: SmtpResult) => {
      signal.removeEventListener('abort', aborted);
      if (result.error) connection.close();
      else quit(connection);
      resolve(result);
    };
    const send = () =>
      connection.send({ from, to: [...to], size: mail.length }, mail, (error, info) => {
        if (error) fail(error);
        else end({ error: null, refusals: refusalsOf(info?.rejectedErrors) });
      });
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) return aborted();
    connection.on('error', fail);
    connection.connect((error) => {
      if (error) fail(error);
      else if (user === undefined) send();
      else
        connection.login({ user, pass: password ?? '' }, (refused) => {
          if (refused) fail(refused);
          else send();
        });
    });
  });
}

/** Takes leave as the protocol wants it, and waits for nobody. */
function quit(connection: { quit(): void; close(): void }): void {
  const timer = setTimeout(() => connection.close(), QUIT_MS);
  timer.unref();
  connection.quit();
}

function refusalsOf(errors: readonly (SmtpError & { recipient?: string | undefined })[] = []): SmtpResult['refusals'] {
  return errors.map((error) => ({ recipient: error.recipient ?? '', error }));
}

/** True where the same attempt would fail again: RFC 5321 §4.2.1, and what cannot be agreed on. */
export function isPermanent({ responseCode, code }: SmtpError): boolean {
  if (responseCode !== undefined) return responseCode >= 500;
  return code === 'EAUTH' || code === 'ENOAUTH' || code === 'EENVELOPE' || code === 'EMESSAGE' || code === 'ENOENT';
}

/** Why it was not sent, for people; of the login, nothing that the server says is repeated. */
export function smtpFailure(error: SmtpError, destination: string): DeliveryFailure {
  const { responseCode, response, command = '', message } = error;
  const code = responseCode === undefined ? (error.originalCode ?? error.code ?? 'no_answer') : `smtp_${responseCode}`;
  const because = (text: string): DeliveryFailure => ({ code, message: text });
  if (error.code === 'EAUTH' || command.startsWith('AUTH')) {
    const answer = responseCode === undefined ? '' : ` (${responseCode})`;
    return because(`${destination} refused the login${answer}; check SMTP_USER and SMTP_PASSWORD`);
  }
  if (command === 'STARTTLS' && responseCode !== undefined)
    return because(
      `${destination} does not encrypt by STARTTLS (${responseCode}); set SMTP_TLS to tls, or to none where that is right`,
    );
  if (responseCode !== undefined)
    return because(`${destination} answered ${shortened(printable(response ?? ''), MAX_RESPONSE_LENGTH)}`);
  const why = whyUnreached(code, message, {
    at: destination,
    host: destination.replace('smtp://', ''),
    setting: 'SMTP_HOST and SMTP_PORT, or SMTP_URL',
    authorities: 'SMTP_SSLROOTCERT',
    withoutTls: 'set SMTP_TLS=starttls, or to none where that is right, or correct SMTP_PORT or SMTP_URL',
  });
  if (why !== null) return because(why);
  switch (code) {
    case 'timeout':
    case 'ETIMEDOUT':
      return because(`${destination} gave no answer in time`);
    case 'ECONNECTION':
    case 'ECONNRESET':
    case 'EPIPE':
      return because(`${destination} closed the connection before it had taken the mail`);
    case 'ENOENT':
      return because(`the file of SMTP_SSLROOTCERT is gone`);
    default:
      return because(
        `${destination} could not be reached: ${printable(message.trim())}; check SMTP_HOST and SMTP_PORT, or SMTP_URL`,
      );
  }
}
