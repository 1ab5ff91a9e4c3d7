import type { Alert } from '#src/core/model/alert.js';

/** What became of one attempt to deliver an alert. */
export type DeliveryOutcome =
  | { readonly result: 'delivered' }
  /** It may succeed later: a destination that is down, slow or busy. `retryAfterMs` where it says itself when. */
  | { readonly result: 'retry'; readonly failure: DeliveryFailure; readonly retryAfterMs?: number }
  /** The same attempt would fail again until a person changes something. */
  | { readonly result: 'failed'; readonly failure: DeliveryFailure };

/** `code` is a Node error code, `http_503`, or a lower-case word; `message` is for people and holds no secret. */
export interface DeliveryFailure {
  readonly code: string;
  readonly message: string;
}

/** An alert of the outbox that is this process's to deliver until its claim runs out. */
export interface ClaimedAlert {
  /** Id of its row. */
  readonly row: number;
  readonly sink: string;
  readonly alert: Alert;
  /** This attempt, from 1. */
  readonly attempt: number;
}
