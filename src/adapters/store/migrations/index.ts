import { base } from './0001-base.js';
import { eventHistory } from './0002-event-history.js';
import { findingCause } from './0003-finding-cause.js';
import { findingSubject } from './0004-finding-subject.js';
import { resume } from './0005-resume.js';
import { alertOutbox } from './0006-alert-outbox.js';
import { auditConfiguration } from './0007-audit-configuration.js';
import { alertDigests } from './0008-alert-digests.js';
import { dependencies } from './0009-dependencies.js';

/** One step of the store's schema. A released step never changes: what is wrong in it is mended by the next one. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** Statements for the quoted schema name; they run in one transaction. */
  readonly sql: (schema: string) => string;
}

/** All steps, oldest first, numbered from 1 without gaps. */
export const MIGRATIONS: readonly Migration[] = [
  base,
  eventHistory,
  findingCause,
  findingSubject,
  resume,
  alertOutbox,
  auditConfiguration,
  alertDigests,
  dependencies,
];
