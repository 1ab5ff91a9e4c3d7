import { type LogVerdict, verifyLog } from '#src/adapters/audit-log/verify.js';
import type { TrailVerdict } from '#src/adapters/store/verify-audit.js';
import { auditLogSettings } from '../audit-log.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { formatCount } from '../render/format.js';
import { openMetadata, orUsageError } from '../run-store.js';

export interface AuditVerifyOptions {
  /** Hex. */
  readonly head?: string;
  readonly json?: boolean;
}

/** Verify the audit trail and its mirror; exit 1 where something is wrong with either. */
export async function auditVerifyCommand({ head, json }: AuditVerifyOptions, io: Io): Promise<number> {
  const config = loadSettings(io);
  const settings = auditLogSettings(config);
  const store = await openMetadata(config, () => undefined);
  try {
    const trail = await orUsageError(() => store.verifyTrail(head));
    const log = await orUsageError(() => verifyLog(store, settings)).catch((error: NodeJS.ErrnoException) => {
      if (error instanceof CliError) throw error;
      throw new CliError(`audit.log in ${settings.dir} cannot be read (${error.message}); mend that and try again`);
    });
    if (json) tellJson(trail, log, io);
    else writeLine(io.stdout, describe(trail, log, settings.dir));
    return isWhole(trail, log) ? EXIT.ok : EXIT.findings;
  } finally {
    await store.close();
  }
}

function isWhole(trail: TrailVerdict, log: LogVerdict): boolean {
  return trail.problemCount + log.problemCount === 0;
}

function tellJson(trail: TrailVerdict, log: LogVerdict, io: Io): void {
  for (const problem of trail.problems) writeJson(io, { type: 'audit_problem', where: 'store', ...problem });
  for (const problem of log.problems) writeJson(io, { type: 'audit_problem', where: 'log', ...problem });
  writeJson(io, {
    type: 'audit',
    status: isWhole(trail, log) ? 'ok' : 'broken',
    events: trail.events,
    head: trail.head?.hash ?? null,
    problems: trail.problemCount + log.problemCount,
    log: { files: log.files, lines: log.lines, behind: log.behind },
  });
}

function describe(trail: TrailVerdict, log: LogVerdict, dir: string): string {
  const events = formatCount(trail.events, 'event');
  const problems = [...trail.problems, ...log.problems].map(({ message }) => `  ${message}`);
  const more = trail.problemCount + log.problemCount - problems.length;
  return [
    isWhole(trail, log)
      ? `The audit trail is whole: ${events}, every hash recomputed.`
      : `THE AUDIT TRAIL IS BROKEN: ${formatCount(problems.length + more, 'problem')} in ${events}.`,
    ...problems,
    ...(more > 0 ? [`  … and ${formatCount(more, 'more problem')}`] : []),
    describeLog(log, dir),
    ...(trail.head ? [`Audit head: ${trail.head.hash}`] : []),
  ].join('\n');
}

function describeLog({ files, lines, behind, problemCount }: LogVerdict, dir: string): string {
  if (lines === 0) return `There is no audit.log of this store in ${dir} to compare it with.`;
  const where = `${formatCount(lines, 'line')} of audit.log${files > 1 ? ` and ${formatCount(files - 1, 'archive')}` : ''}`;
  const end = behind ? `; ${formatCount(behind, 'event')} not in it yet (the next run writes what is missing)` : '';
  return `${where} ${problemCount === 0 ? 'agree with it' : 'were compared'}${end}.`;
}
