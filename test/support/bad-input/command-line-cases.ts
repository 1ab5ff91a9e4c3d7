import fc from 'fast-check';
import { type BadInput, literally, UNREACHABLE } from './case.js';

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  run: ['--source', '--table', '--exclude', '--as-of', '--json', '--metrics-file', '--fail-on', '--quiet', '--help'],
  profile: ['--source', '--table', '--as-of', '--json', '--fail-on'],
  detect: ['--table', '--as-of', '--quiet', '--fail-on'],
  health: ['--source', '--json'],
  tables: ['--source', '--table', '--exclude', '--json'],
  history: ['--column', '--limit', '--json'],
  incidents: ['--all', '--json'],
  report: ['--output', '--source', '--table', '--run', '--unmask'],
  backtest: ['--table', '--input', '--json'],
  init: ['--source', '--force', '--dry-run'],
  help: [],
};

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes('\0')),
  fc.constantFrom(
    '',
    ' ',
    '-',
    '--',
    '---',
    '-x',
    '--nosuch',
    '--json=yes',
    '--table=',
    '--source',
    '*'.repeat(10_240),
    `${'a*'.repeat(5000)}b`,
    'a.b.c.d',
    '"',
    'a..b',
    '\u001b[2J\u001b]0;owned\u0007',
    '\ud800',
    '__proto__',
    'constructor',
    'NaN',
    '-1',
    '1e9',
    '9'.repeat(400),
    '+275760-09-14',
    '2026-13-01',
    '2026-02-30',
    '0000-00-00',
    '9999-12-31T23:59:60Z',
    '2026-11-23T25:00Z',
    '2026-11-23T06:00:00.999999999999Z',
    '2026-11-23T06:00+99:99',
    'batch',
    'batch,cdc',
    'batch,nosuch',
    ',',
    'critical',
    'CRITICAL',
    'INC-0',
    'INC-99999999999999999999',
    '/etc/passwd',
    '/dev/null/x',
    '.',
  ),
);

/** Commands and options that exist with arguments that may be anything. */
export const strangeCommandLine: fc.Arbitrary<BadInput> = fc
  .constantFrom(...Object.entries(COMMANDS))
  .chain(([command, options]) =>
    fc
      .array(fc.oneof(anyText, fc.constantFrom(...options, '--help', '--table')), { maxLength: 6 })
      .map((rest) => [command, ...rest]),
  )
  .map((args) => ({ about: JSON.stringify(args).slice(0, 300), args, env: UNREACHABLE, files: [], named: [] }));

/** Nothing but arguments: the first need not be a command. The demo, which would start servers, is not among them. */
export const anyCommandLine: fc.Arbitrary<BadInput> = fc
  .array(anyText, { maxLength: 4 })
  .map((args) => ({ about: JSON.stringify(args).slice(0, 300), args, env: UNREACHABLE, files: [], named: [] }));

const WRONG: readonly (readonly [args: readonly string[], named: string])[] = [
  [['run', '--nosuch'], '--nosuch'],
  [['nosuch'], 'nosuch'],
  [['run', 'extra'], 'extra'],
  [['run', '--source'], '--source'],
  [['run', '--source', 'nosuch'], '--source'],
  [['run', '--source', ''], '--source'],
  [['run', '--table', ''], '--table'],
  [['run', '--table', 'a.b.c.d'], '--table'],
  [['tables', '--exclude', '"'], '--exclude'],
  [['run', '--as-of', 'tomorrow'], '--as-of'],
  [['run', '--as-of', '2026-02-30'], '--as-of'],
  [['run', '--as-of', '0000-00-00'], '--as-of'],
  [['run', '--as-of', ''], '--as-of'],
  [['run', '--fail-on', 'often'], '--fail-on'],
  [['run', '--metrics-file', ''], '--metrics-file'],
  [['run', '--metrics-file', '/dev/null/x'], '--metrics-file'],
  [['history'], 'table'],
  [['history', ''], 'table'],
  [['history', 't', '--limit', '0'], '--limit'],
  [['history', 't', '--limit', 'NaN'], '--limit'],
  [['history', 't', '--limit', '9'.repeat(400)], '--limit'],
  [['report', '--output', ''], '--output'],
  [['report', '--output', 'no/such/folder/x.html'], '--output'],
  [['init', '--source', 'nosuch'], '--source'],
  [['init', '--source', ''], '--source'],
  [['backtest', '--input', 'nosuch'], '--input'],
  [['backtest', '--input', ''], '--input'],
  [['incidents', 'nosuch'], 'nosuch'],
  [['incidents', 'show'], 'id'],
  [['incidents', 'ack'], 'id'],
  [['incidents', 'mute', '1', '--until', 'never'], '--until'],
  [['incidents', 'mute', '1', '--until', '2020-01-01'], '--until'],
  [['incidents', 'expect', '1', '--until', ''], '--until'],
  [['incidents', 'expect', '1', '--until', '999999999w'], '--until'],
  [['runn'], 'did you mean run'],
  [['incidents', 'shwo'], 'did you mean show'],
  [['run', '--\u001b[2J'], '--\\u{1b}[2J'],
  [['run', '--source', '\u001b[2J'], '\\u{1b}[2J'],
  [['run', '--as-of', '\u001b[2J'], '\\u{1b}[2J'],
  [['\u001b[2J'], '\\u{1b}[2J'],
  [['report', '--output', '.'], '--output'],
  [['demo', '--seed', '-1'], '--seed'],
  [['demo', '--plant', 'nosuch'], '--plant'],
  [['demo', 'extra'], 'extra'],
];

function wrongCase(args: readonly string[], named: string): BadInput {
  const about = JSON.stringify(args).slice(0, 200);
  return { about, args, env: UNREACHABLE, files: [], named: [new RegExp(literally(named))] };
}

/** Arguments that are certainly wrong, once each: what is wrong is named. */
export const wrongCommandLines: readonly BadInput[] = WRONG.map(([args, named]) => wrongCase(args, named));

/** The same among options that are right. */
export const wrongRunOptions: fc.Arbitrary<BadInput> = fc
  .tuple(
    fc.constantFrom(...WRONG.filter(([[command]]) => command === 'run')),
    fc.subarray([['--json'], ['--quiet'], ['--fail-on', 'warn'], ['--as-of', '2026-01-01'], ['--json']]),
  )
  .map(([[[command, ...wrong], named], more]) => wrongCase([command!, ...more.flat(), ...wrong], named));
