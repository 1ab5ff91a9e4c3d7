import { type Command, CommanderError } from 'commander';
import { REDACTED } from '#src/config/redact.js';
import { addAlertCommands } from './alerts-program.js';
import { addAuditCommands } from './audit-program.js';
import { CliCommand } from './command.js';
import type { BacktestOptions } from './commands/backtest.js';
import type { DemoCommandOptions } from './commands/demo.js';
import type { DiffOptions } from './commands/diff.js';
import type { InitOptions } from './commands/init.js';
import type { ReportOptions } from './commands/report.js';
import { CliError, EXIT, EXIT_MEANINGS } from './exit-code.js';
import { addIncidentCommands } from './incidents-program.js';
import type { Io } from './io.js';
import { writeLine } from './io.js';
import {
  parseAmount,
  parseCount,
  parsePath,
  type RunOptions,
  type SelectionOptions,
  withOutcome,
  withReading,
  withSelection,
} from './options.js';
import { showMessage } from './render/message.js';

const meanings = EXIT_MEANINGS.map(([codes, meaning]) => `${codes.join('/')} ${meaning}`);
const EXIT_CODES = `
Exit codes: ${meanings.slice(0, 3).join(', ')},
${meanings.slice(3).join(', ')}.`;

/**
 * Run one command and resolve with the process's exit code. Each command's code is loaded when it is called, so that `--help` is
 * instant.
 */
export async function runCli(argv: readonly string[], io: Io, version: string): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = buildProgram(io, version, async (command) => {
    exitCode = await command();
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CliError) {
      writeLine(io.stderr, showMessage(error.message, widthOf(io)));
      return error.exitCode;
    }
    throw error;
  }
}

/** What was typed and is not understood is quoted, and may be the address of a database with its password in it. */
function withoutAddresses(text: string): string {
  return text.replace(/(\bpostgres(?:ql)?:\/\/).*?(?='(?:$|\s)|$)/gim, `$1${REDACTED}`);
}

function widthOf({ stderr }: Io): number | undefined {
  // A pseudo terminal that nobody gave a size has 0 columns.
  return (stderr.isTTY && stderr.columns) || undefined;
}

/** Every command with its options; what one of them does goes to `run`. */
export function buildProgram(io: Io, version: string, run: (command: () => Promise<number>) => Promise<void>): Command {
  const program = new CliCommand('sentinel')
    .description(
      'Looks at every table of your Postgres warehouses, knows what is normal for each, and says what is not.',
    )
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(sentinel --help lists commands and options)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(`${showMessage(withoutAddresses(text.trimEnd()), widthOf(io))}\n`),
    })
    .addHelpText(
      'after',
      `
Examples:
  $ sentinel                                    profile every table, judge, report (the command "run")
  $ sentinel run --json --fail-on warn          for a scheduler: JSON lines on stdout, exit 1 from warn on
  $ sentinel profile --source cdc --table 'sales.*'
  $ sentinel history sales.orders row_count     what the store knows of a table
  $ sentinel incidents                          what is wrong and not done with
  $ sentinel health                             can everything be reached and read?
${EXIT_CODES}`,
    );
  const below = (parent: Command, name: string, summary: string, example: string, isDefault = false) =>
    parent
      .command(name, { isDefault })
      .description(summary)
      .helpOption('--help', 'print this help')
      .exitOverride()
      .configureOutput(program.configureOutput())
      .addHelpText('after', `\nExamples:\n${example}\n${EXIT_CODES}`);
  const command = (name: string, summary: string, example: string, isDefault = false) =>
    below(program, name, summary, example, isDefault);

  withReading(
    withOutcome(
      withSelection(
        command(
          'run',
          'profile every table, then judge what was found (default)',
          "  $ sentinel run\n  $ sentinel run --source batch --exclude 'staging.*' --fail-on warn\n  $ sentinel run --resume                       the rest of a run that was stopped",
          true,
        ),
      ),
    ),
  ).action((options: RunOptions) => run(async () => (await import('./commands/run.js')).runCommand(options, io)));

  withReading(
    withOutcome(
      withSelection(
        command('profile', 'profile tables and store the figures', "  $ sentinel profile --table 'sales.*' --json"),
      ),
    ),
  ).action((options: RunOptions) =>
    run(async () => (await import('./commands/profile.js')).profileCommand(options, io)),
  );

  withOutcome(
    withSelection(
      command(
        'detect',
        'judge the latest stored profiles',
        '  $ sentinel detect\n  $ sentinel detect --json --fail-on info',
      ),
    ),
  ).action((options: RunOptions) => run(async () => (await import('./commands/detect.js')).detectCommand(options, io)));

  command(
    'health',
    'check that every source can be reached and read',
    '  $ sentinel health\n  $ sentinel health --json',
  )
    .option('--source <name...>', 'only these sources')
    .option('--json', 'one JSON object per source on stdout')
    .action((options: { source?: string[]; json?: boolean }) =>
      run(async () => (await import('./commands/health.js')).healthCommand(options, io)),
    );

  withSelection(
    command(
      'tables',
      'list what would be looked at, and what not and why',
      '  $ sentinel tables --source batch --json',
    ),
  )
    .option('--json', 'one JSON object per relation on stdout')
    .action((options: SelectionOptions & { json?: boolean }) =>
      run(async () => (await import('./commands/tables.js')).tablesCommand(options, io)),
    );

  command(
    'history',
    'print the stored figures of a table',
    '  $ sentinel history sales.orders\n  $ sentinel history batch.sales.orders null_rate --column email --limit 30',
  )
    .argument('<table>', 'table, schema.table or source.schema.table')
    .argument('[metric]', 'one metric, e.g. row_count, null_rate, mean; default the table-level ones')
    .option('--column <name>', 'figures of this column')
    .option('--limit <n>', 'figures of so many runs, the newest ones', parseCount, 20)
    .option('--json', 'one JSON object per figure on stdout')
    .action((table: string, metric: string | undefined, options: { column?: string; limit: number; json?: boolean }) =>
      run(async () => (await import('./commands/history.js')).historyCommand(table, metric, options, io)),
    );

  withSelection(
    command(
      'diff',
      'what changed between two runs: tables, shapes, figures, findings',
      "  $ sentinel diff                               the two newest runs\n  $ sentinel diff RUN1                          that run and the newest\n  $ sentinel diff RUN1 RUN2 --table 'sales.*' --min-change 10",
    ),
  )
    .argument('[run1]', 'label of the first run; default the one before the newest')
    .argument('[run2]', 'label of the second; default the newest')
    .option(
      '--min-change <percent>',
      'leave out figures that changed by less; of shares percentage points',
      parseAmount,
      1,
    )
    .option('--json', 'one JSON object per difference on stdout')
    .action((run1: string | undefined, run2: string | undefined, options: DiffOptions) =>
      run(async () =>
        (await import('./commands/diff.js')).diffCommand(
          [run1, run2].filter((label) => label !== undefined),
          options,
          io,
        ),
      ),
    );

  const incidents = command(
    'incidents',
    'list incidents, and say what becomes of them',
    '  $ sentinel incidents\n  $ sentinel incidents show INC-3\n  $ sentinel incidents ack INC-3 --reason "asked the shop team"',
  ).helpCommand(false);
  addIncidentCommands(incidents, { command: below, run, io });

  const alerts = command(
    'alerts',
    'list alerts on their way to receivers, deliver them now, try a receiver',
    '  $ sentinel alerts\n  $ sentinel alerts flush\n  $ sentinel alerts test webhook',
  ).helpCommand(false);
  addAlertCommands(alerts, { command: below, run, io });

  const audit = command(
    'audit',
    'who ran what, what was read, and whether the record of it is whole',
    '  $ sentinel audit list\n  $ sentinel audit verify',
  ).helpCommand(false);
  addAuditCommands(audit, { command: below, run, io });

  command(
    'report',
    'write what was found, and every table, as one HTML file',
    "  $ sentinel report\n  $ sentinel report --output /var/www/data/index.html\n  $ sentinel report --source batch --table 'sales.*'",
  )
    .option('--output <file>', 'where it is written', parsePath, 'sentinel-report.html')
    .option('--source <name...>', 'only these sources')
    .option('--table <glob...>', 'only tables that match: table, schema.table or source.schema.table, with * and ?')
    .option('--run <label>', 'report this run; default the newest')
    .option('--unmask', 'show values of columns that look personal, too')
    .action((options: ReportOptions) =>
      run(async () => (await import('./commands/report.js')).reportCommand(options, io)),
    );

  command(
    'serve',
    'stay, run by schedule, and answer over HTTP: health, metrics, API',
    "  $ SCHEDULE='0 6 * * *' sentinel serve\n  $ HTTP_PORT=9000 sentinel serve            more in docs/serve.md",
  ).action(() => run(async () => (await import('./commands/serve.js')).serveCommand(io)));

  withSelection(
    command(
      'backtest',
      'replay the stored history, with incidents put in: what would be found, and how many alerts to expect',
      "  $ sentinel backtest\n  $ sentinel backtest --table 'sales.*' --json\n  $ sentinel backtest --input series/ --json",
    ),
  )
    .option(
      '--input <dir>',
      'judge the CSV files (timestamp,value) below this folder instead, point by point',
      parsePath,
    )
    .option('--json', 'results on stdout as JSON lines')
    .action((options: BacktestOptions) =>
      run(async () => (await import('./commands/backtest.js')).backtestCommand(options, io)),
    );

  command(
    'init',
    'look at your databases, and write a commented sentinel.yaml and .env for them',
    `  $ sentinel init --source batch=postgres://airflow@localhost/analytics_db
  $ sentinel init --source batch=postgres://a@db1/x --source 'cdc=postgres://b@db2:5433/y?sslmode=require'
  $ sentinel init --dry-run                     show what would be written, with the settings there are
  $ sentinel init --force                       write anew, keep what is there as .env.bak-1 and sentinel.yaml.bak-1

A password is best set in NAME_DB_PASSWORD or PGPASSWORD, or typed when asked: what is in a command line, others may see.`,
  )
    .option(
      '--source <name=url...>',
      'a database to watch, NAME=postgres://user@host:5432/database; default the settings',
    )
    .option('--force', 'replace the files that are there; they are kept under a numbered name')
    .option('--dry-run', 'write nothing; print both files on stdout, secrets masked')
    .action((options: InitOptions) => run(async () => (await import('./commands/init.js')).initCommand(options, io)));

  command(
    'demo',
    'start two embedded databases, plant incidents in them, and show what a run finds',
    "  $ sentinel demo\n  $ sentinel demo --seed 7\n  $ sentinel demo --plant none\n  $ sentinel demo --plant 'half load,drift'",
  )
    .option('--seed <n>', 'moves tables, sizes and noise', parseCount, 1)
    .option('--plant <names>', 'all, none, or names of incidents separated by commas', 'all')
    .option('--json', 'results on stdout as JSON lines, everything else on stderr')
    .action((options: DemoCommandOptions) =>
      run(async () => (await import('./commands/demo.js')).demoCommand(options, io)),
    );
  return program;
}
