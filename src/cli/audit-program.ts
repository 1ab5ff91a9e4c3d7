import { type Command, InvalidArgumentError } from 'commander';
import type { AuditListOptions } from './commands/audit-list.js';
import type { AuditVerifyOptions } from './commands/audit-verify.js';
import type { ProgramParts } from './incidents-program.js';
import { parseCount, parseTime } from './options.js';

/** Add `verify` and `list` to the command `audit`. */
export function addAuditCommands(audit: Command, { command, run, io }: ProgramParts): void {
  command(
    audit,
    'verify',
    'recompute the hash chain of the audit trail, and compare audit.log with it; exit 1 where something is wrong',
    '  $ sentinel audit verify\n  $ sentinel audit verify --head 9f3a…  (the head that a run printed, all 64 digits)',
  )
    .option('--head <hash>', 'the end of the trail as a run printed it: the trail must still hold it', parseHash)
    .option('--json', 'each problem and the verdict as JSON objects on stdout')
    .action((options: AuditVerifyOptions) =>
      run(async () => (await import('./commands/audit-verify.js')).auditVerifyCommand(options, io)),
    );

  command(
    audit,
    'list',
    'who did what, newest first',
    '  $ sentinel audit list\n  $ sentinel audit list --since 2026-11-01 --json',
  )
    .option('--since <time>', 'only what happened since then, ISO 8601', parseTime)
    .option('--limit <n>', 'at most so many events', parseCount, 50)
    .option('--json', 'one JSON object per event on stdout')
    .action((options: AuditListOptions) =>
      run(async () => (await import('./commands/audit-list.js')).auditListCommand(options, io)),
    );
}

function parseHash(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw new InvalidArgumentError('give the 64 hexadecimal digits that a run printed.');
  return text.toLowerCase();
}
