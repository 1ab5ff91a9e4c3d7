import type { Command } from 'commander';
import { SINK_NAMES } from '#src/contract/alert-delivery.js';
import type { ProgramParts } from './incidents-program.js';

/** Add `list`, `flush` and `test` to the command `alerts`. */
export function addAlertCommands(alerts: Command, { command, run, io }: ProgramParts): void {
  command(
    alerts,
    'list',
    'list alerts that wait for their receiver or were given up (default)',
    '  $ sentinel alerts\n  $ sentinel alerts list --all --json',
    true,
  )
    .option('--all', 'those that were delivered, too')
    .option('--json', 'one JSON object per alert and sink on stdout')
    .action((options: { all?: boolean; json?: boolean }) =>
      run(async () => (await import('./commands/alerts.js')).listAlertsCommand(options, io)),
    );

  command(
    alerts,
    'flush',
    "deliver what waits now, also what waits for the day's digest",
    '  $ sentinel alerts flush\n  $ sentinel alerts flush --failed',
  )
    .option('--failed', 'what was given up, too')
    .action((options: { failed?: boolean }) =>
      run(async () => (await import('./commands/alerts.js')).flushAlertsCommand(options, io)),
    );

  command(
    alerts,
    'test',
    'send a sample alert, to see whether it arrives and what it looks like',
    '  $ sentinel alerts test webhook',
  )
    .argument('<sink>', SINK_NAMES.join(', '))
    .action((sink: string) => run(async () => (await import('./commands/alerts.js')).testAlertCommand(sink, io)));
}
