import { createHmac } from 'node:crypto';
import { type HttpSendOptions, httpSend } from './http-send.js';
import type { SinkKind } from './sink.js';

/** POSTs each alert as JSON; `docs/alerts.md` tells receivers how to verify it and how to drop repeats. */
export const webhook: SinkKind = {
  name: 'webhook',
  setting: 'WEBHOOK_URL',
  open({ webhookUrl: url, webhookSecret: secret }) {
    if (url === undefined) return null;
    return {
      name: 'webhook',
      reader: 'program',
      destination: new URL(url).origin,
      remarks: secret === undefined ? ['not signed, as WEBHOOK_SECRET is not set'] : [],
      deliver(alert, signal) {
        const body = JSON.stringify(alert);
        const timestamp = String(Math.floor(Date.now() / 1000));
        const request: HttpSendOptions = {
          setting: 'WEBHOOK_URL',
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            'Idempotency-Key': alert.id,
            'X-Sentinel-Event': alert.event,
            'X-Sentinel-Timestamp': timestamp,
            ...(secret !== undefined && { 'X-Sentinel-Signature': signature(secret, timestamp, body) }),
          },
          body,
          signal,
        };
        return httpSend(url, request);
      },
    };
  },
};

/** `sha256=` and the hex of HMAC-SHA256 (RFC 2104) over `timestamp.body`. The time is signed so that a request cannot be replayed later. */
function signature(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}
