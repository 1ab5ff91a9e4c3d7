import type { Command, Option } from 'commander';
import { renderTable } from '#src/config/markdown-table.js';
import { buildProgram } from './cli.js';
import { EXIT_MEANINGS } from './exit-code.js';
import { METRICS } from './metrics/definitions.js';

/** The program as it is on the command line, with nothing behind it. */
export function describedProgram(): Command {
  const { stdout, stderr } = process;
  return buildProgram({ stdout, stderr, env: {}, cwd: '.' }, '', async () => undefined);
}

/** The content of `docs/commands.md`. */
export function renderCommandReference(): string {
  const program = describedProgram();
  const commands = program.commands.flatMap((command) => [command, ...command.commands]);
  const rows = EXIT_MEANINGS.map(([codes, meaning]) => [codes.join(', '), meaning]);
  const list = commands.map((command) => [`[\`${nameOf(command)}\`](#${anchorOf(command)})`, command.description()]);
  return `${[
    INTRO,
    renderTable(['command', 'what it does'], list),
    EXIT_INTRO,
    renderTable(['exit code', 'meaning'], rows),
    EXIT_NOTES,
    ...commands.map(renderCommand),
  ].join('\n\n')}\n`;
}

/** `sentinel incidents show`. */
export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function anchorOf(command: Command): string {
  return nameOf(command).replaceAll(' ', '-');
}

function renderCommand(command: Command): string {
  const options = command.options.filter((option) => !option.hidden);
  const parts = [
    `## ${nameOf(command)}`,
    `${capitalised(command.description())}.`,
    `Usage: \`${nameOf(command)} ${command.usage()}\``,
    ...table(
      'argument',
      command.registeredArguments.map((each) => [`\`${each.name()}\``, '–', each.description]),
    ),
    ...table(
      'option',
      options.map((option) => [`\`${option.flags}\``, defaultOf(option), meaningOf(option)]),
    ),
    `\`\`\`text\n${examplesOf(command)}\n\`\`\``,
  ];
  return parts.join('\n\n');
}

function table(first: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [renderTable([first, 'default', 'meaning'], rows)];
}

function defaultOf({ defaultValue, negate }: Option): string {
  return defaultValue === undefined || negate ? '–' : `\`${defaultValue}\``;
}

function meaningOf({ description, argChoices }: Option): string {
  return argChoices ? `${description}: ${argChoices.join(', ')}` : description;
}

/** What `--help` says after the options, without the exit codes that all share. */
function examplesOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (part) => (help += part) }).outputHelp();
  const text = help.slice(help.indexOf('Examples:\n') + 'Examples:\n'.length, help.indexOf('Exit codes:')).trimEnd();
  return text.replace(/^ {2}/gm, '');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The table of `docs/metrics.md`. */
export function renderMetricReference(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help, from }]) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', ') || '–',
    from === 'each' ? 'file, daemon' : 'daemon',
    help.replace(/\.$/, ''),
  ]);
  return renderTable(['metric', 'type', 'labels', 'where', 'meaning'], rows);
}

const INTRO = `# Commands

Generated from the commands of \`src/cli\` by \`npm run docs:schema\`. From a checkout, \`sentinel\` is \`node dist/main.js\`. Each works alone, and
\`--help\` after any of them prints what is here. Settings come from the environment, \`.env\` and \`sentinel.yaml\`: [settings.md](settings.md).`;

const EXIT_INTRO = '## Exit codes';

const EXIT_NOTES = `\`run\`, \`profile\` and \`detect\` give all of these; where there are both findings and something that could not be judged, the code is 1 and the summary says
\`incomplete\`. A pattern of \`--table\` that no table matches, and an \`include\` that lets none in, is something that could not be judged: a misspelt name must not pass
for tables that are fine. \`serve\` ends with 0 after a signal. \`audit verify\` and \`demo\` give 1 where the trail is not whole, or not everything planted was found.
\`health\`, \`tables\`, \`init\`, \`alerts flush\` and \`alerts test\` give 2 where somebody does not answer or something cannot be read.`;
