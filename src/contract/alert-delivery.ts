import type { AlertMessage } from '#src/core/model/alert.js';

/** Every destination of alerts, by the name that people type and that the outbox knows it by: names never change. */
export const SINK_NAMES = ['webhook', 'slack', 'pagerduty', 'email', 'file'] as const;
export type SinkName = (typeof SINK_NAMES)[number];

/** What became of one attempt to deliver an alert. */
export type DeliveryOutcome =
  /** `remark`: a part of it was refused for good, such as one of several recipients. */
  | { readonly result: 'delivered'; readonly remark?: DeliveryFailure }
  /**
   * It may succeed later: a destination that is down, slow or busy. `retryAfterMs` where it says itself when; `progress` where a part
   * of it is done with, for the next attempt.
   */
  | {
      readonly result: 'retry';
      readonly failure: DeliveryFailure;
      readonly retryAfterMs?: number;
      readonly progress?: DeliveryProgress;
    }
  /** The same attempt would fail again until a person changes something. */
  | { readonly result: 'failed'; readonly failure: DeliveryFailure };

/** `code` is a Node error code, `http_503`, or a lower-case word; `message` is for people and holds no secret. */
export interface DeliveryFailure {
  readonly code: string;
  readonly message: string;
}

/** Recipients who have an alert, or refused it for good; the first such refusal. */
export interface DeliveryProgress {
  readonly done: readonly string[];
  readonly remark?: DeliveryFailure;
}

/** An alert of the outbox that is this process's to deliver until its claim runs out. */
export interface ClaimedAlert {
  /** Id of its row. */
  readonly row: number;
  readonly sink: string;
  readonly alert: AlertMessage;
  /** This attempt, from 1. */
  readonly attempt: number;
  /** What earlier attempts reached; null where nothing. */
  readonly progress: DeliveryProgress | null;
}
