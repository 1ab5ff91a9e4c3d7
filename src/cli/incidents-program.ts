import { type Command, Option } from 'commander';
import type { ChangeAction } from '#src/adapters/store/change-incidents.js';
import type { ChangeOptions } from './commands/change-incidents.js';
import type { Io } from './io.js';

/** How the commands below are made and run; each one's code is loaded when it is called. */
export interface ProgramParts {
  readonly command: (parent: Command, name: string, summary: string, example: string, isDefault?: boolean) => Command;
  readonly run: (command: () => Promise<number>) => Promise<void>;
  readonly io: Io;
}

const CHANGES: readonly {
  readonly action: ChangeAction;
  readonly summary: string;
  readonly example: string;
  /** What `--until` ends, where it may be given. */
  readonly until?: string;
}[] = [
  {
    action: 'ack',
    summary: 'acknowledge incidents: someone is on it; they open again where they get worse',
    example: '  $ sentinel incidents ack INC-3\n  $ sentinel incidents ack 3 4 --reason "asked the shop team"',
  },
  {
    action: 'resolve',
    summary: 'resolve incidents now, before two clean runs do; what comes back is a new incident',
    example: '  $ sentinel incidents resolve INC-3 --reason "load was repeated"',
  },
  {
    action: 'expect',
    summary: 'say that what was found is as it should be: it is information from now on, and the new level',
    example:
      '  $ sentinel incidents expect INC-3 --reason "new shop since Monday"\n  $ sentinel incidents expect INC-3 --until 2026-12-31',
    until: 'a time or a duration such as 7d; default 30 days',
  },
  {
    action: 'mute',
    summary: 'mute incidents: they are updated without a word and fail no run',
    example:
      '  $ sentinel incidents mute INC-3 --until 2d\n  $ sentinel incidents mute INC-3 --until 2026-12-24T06:00Z',
    until: 'a time or a duration such as 7d; default until it is over',
  },
];

/** Add `list`, `show`, `ack`, `resolve`, `expect` and `mute` to the command `incidents`. */
export function addIncidentCommands(incidents: Command, { command, run, io }: ProgramParts): void {
  const list = command(
    incidents,
    'list',
    'list what is open or acknowledged, worst first (default)',
    '  $ sentinel incidents\n  $ sentinel incidents list --all --json',
    true,
  );
  list
    .option('--all', 'those that are expected, muted or resolved, too')
    .option('--json', 'one JSON object per incident on stdout')
    .action((options: { all?: boolean; json?: boolean }) =>
      run(async () => (await import('./commands/incidents.js')).listIncidentsCommand(options, io)),
    );

  command(
    incidents,
    'show',
    'print all that is known of an incident: findings, cause, history',
    '  $ sentinel incidents show INC-3\n  $ sentinel incidents show 3 --json',
  )
    .argument('<id>', 'INC-3, or 3')
    .option('--json', 'the incident and each event as a JSON object on stdout')
    .action((id: string, options: { json?: boolean }) =>
      run(async () => (await import('./commands/incidents.js')).showIncidentCommand(id, options, io)),
    );

  for (const { action, summary, example, until } of CHANGES) {
    const change = command(incidents, action, summary, example)
      .argument('<id...>', 'INC-3, or 3')
      .option('--reason <text>', 'kept in the history of the incident');
    if (until !== undefined) change.addOption(new Option('--until <time>', until));
    change.action((ids: string[], options: ChangeOptions) =>
      run(async () =>
        (await import('./commands/change-incidents.js')).changeIncidentsCommand(action, ids, options, io),
      ),
    );
  }
}
