import fc from 'fast-check';
import { allVariables } from '#src/config/document.js';
import { type BadInput, literally, PLANTED, STOP_AFTER_SETTINGS } from './case.js';

const VARIABLES = allVariables();

/** Never right for a variable that holds a number, however it is written. */
const NO_NUMBERS = [
  '-1',
  'NaN',
  'Infinity',
  '1e3',
  '0x10',
  '1_000',
  'null',
  '٣',
  '1,5',
  '99999999999999999999',
  '5 apples',
];
const NO_WORDS = ['maybe', '[object Object]', '0', '{}', 'true', '__proto__', 'constructor'];

/** Variables whose value must be a number or one of a few words. */
const CHECKED = VARIABLES.flatMap(({ name, validator: { allowed } }) => {
  if (/number|bytes|\bport\b/.test(allowed)) return [{ name, bad: NO_NUMBERS }];
  if (!allowed.startsWith('one of ')) return [];
  const words = allowed.slice('one of '.length).split(', ');
  return [{ name, bad: NO_WORDS.filter((word) => !words.includes(word)) }];
});

/** Lines that are right or nobody's: they move the line numbers, and must not be spoken of. */
const padding = fc.constantFrom('', '# a comment', 'OTHER_PROGRAM=1', "QUOTED='a # b'", 'export PATH_OF_OTHERS=/x');

const wrongValue = fc
  .constantFrom(...CHECKED)
  .chain(({ name, bad }) => fc.constantFrom(...bad).map((value) => ({ name, text: `${name}=${value}` })));

/** One letter more, less or other; a digit would name another thing. */
const misspelt = fc
  .tuple(fc.constantFrom(...VARIABLES), fc.nat(), fc.constantFrom('drop', 'double', 'swap'))
  .map(([{ name }, at, how]) => {
    const index = 2 + (at % (name.length - 3));
    const [before, letter, after] = [name.slice(0, index), name[index]!, name.slice(index + 1)];
    const wrong = {
      drop: before + after,
      double: before + letter + letter + after,
      swap: `${before}${after[0]}${letter}${after.slice(1)}`,
    };
    return { name: wrong[how as keyof typeof wrong], text: `${wrong[how as keyof typeof wrong]}=${PLANTED}` };
  })
  .filter(({ name }) => !VARIABLES.some((known) => known.name === name));

/** A .env file in which so many settings are wrong: each is named with its line, and no other is. */
export const wrongEnvFile: fc.Arbitrary<BadInput> = fc
  .record({
    wrong: fc.uniqueArray(fc.oneof(wrongValue, misspelt), { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
    pads: fc.array(padding, { minLength: 4, maxLength: 4 }),
    file: fc.constantFrom('.env', '.env.local', '.env.development', '.env.development.local'),
    newline: fc.constantFrom('\n', '\r\n'),
    bom: fc.constantFrom('', '\uFEFF'),
  })
  .map(({ wrong, pads, file, newline, bom }) => {
    const lines = wrong.flatMap(({ text }, index) => [pads[index]!, text]);
    return {
      about: `${file} with ${wrong.map(({ text }) => text).join(', ')}`,
      args: STOP_AFTER_SETTINGS,
      env: {},
      files: [{ name: file, content: bom + lines.join(newline) + newline }],
      // a variable that depends on SENTINEL_ENV may not be looked at where that one is wrong; its line always is
      named: wrong.map(
        ({ name }, index) => new RegExp(`^ +${literally(name)} \\(${literally(file)}:${2 * index + 2}\\)$`, 'm'),
      ),
    };
  });

/** The same in the real environment, where a wrong value has a name and no line. */
export const wrongEnvironment: fc.Arbitrary<BadInput> = fc
  .uniqueArray(wrongValue, { minLength: 1, maxLength: 4, selector: ({ name }) => name })
  .map((wrong) => ({
    about: wrong.map(({ text }) => text).join(' '),
    args: STOP_AFTER_SETTINGS,
    env: Object.fromEntries(wrong.map(({ name, text }) => [name, text.slice(name.length + 1)])),
    files: [],
    named: wrong.map(({ name }) => new RegExp(`^ +${name}$`, 'm')),
  }));

/** Values of any kind for any variable: bytes that are no UTF-8, half of a surrogate pair, controls, a very long one, credentials. */
const anyValue = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '\ud800',
    '\u001b[2J\u001b[31mred',
    '\u0007\b\r',
    'x'.repeat(10_000),
    `postgres://u:${PLANTED}@h:5432/d`,
    `password=${PLANTED}`,
    '/',
    '.',
    '../../../etc/passwd',
    `\${HOME}`,
    '$(id)',
    '"',
    "'",
  ),
);

/** Any value in any variables of the real environment. */
export const strangeEnvironment: fc.Arbitrary<BadInput> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...VARIABLES), anyValue), {
    minLength: 1,
    maxLength: 6,
    selector: ([{ name }]) => name,
  })
  .map((chosen) => {
    const env = Object.fromEntries(chosen.map(([{ name, secret }, value]) => [name, secret ? PLANTED + value : value]));
    return { about: JSON.stringify(env).slice(0, 200), args: STOP_AFTER_SETTINGS, env, files: [], named: [] };
  });

const anyLine = fc.oneof(
  fc.tuple(fc.constantFrom(...VARIABLES), anyValue).map(([{ name }, value]) => Buffer.from(`${name}=${value}`)),
  fc
    .tuple(fc.constantFrom(...VARIABLES), fc.constantFrom('"', "'", '`'))
    .map(([{ name }, quote]) => Buffer.from(`${name}=${quote}${PLANTED}`)),
  fc
    .constantFrom(
      '=',
      '==',
      '=x',
      'export',
      'A B=C',
      `BATCH_DB_PASSWORD ${PLANTED}`,
      `BATCH_DB_PASSWORD=${PLANTED}#x`,
      '\u2028',
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  // bytes that no UTF-8 text has: a lone surrogate, an overlong slash, Latin-1
  fc
    .constantFrom([0xed, 0xa0, 0x80], [0xc0, 0xaf], [0x4b, 0xe4, 0x73, 0x65])
    .map((bytes) => Buffer.from([...Buffer.from('BATCH_DB_NAME='), ...bytes])),
);

function envFile(lines: readonly Buffer[], newline: string): BadInput {
  return {
    about: `.env of ${lines.map((line) => JSON.stringify(line.subarray(0, 40).toString())).join(', ')}`,
    args: STOP_AFTER_SETTINGS,
    env: {},
    files: [{ name: '.env', content: Buffer.concat(lines.flatMap((line) => [line, Buffer.from(newline)])) }],
    named: [],
  };
}

/** A .env file of lines of every kind. */
export const strangeEnvFile: fc.Arbitrary<BadInput> = fc
  .tuple(fc.array(anyLine, { minLength: 1, maxLength: 8 }), fc.constantFrom('\n', '\r\n', '\r', '\n\0\n'))
  .map(([lines, newline]) => envFile(lines, newline));

/** A line of 1 MiB; more lines than anybody reads; a file that is too large for one of settings. */
export const largeEnvFiles: readonly BadInput[] = [
  envFile([Buffer.from(`BATCH_DB_NAME=${'y'.repeat(2 ** 20)}`)], '\n'),
  envFile([Buffer.from(`BATCH_DB_PORT=${'9'.repeat(2 ** 20)}`)], '\n'),
  envFile(Array(2000).fill(Buffer.from('no assignment')), '\n'),
  envFile([Buffer.alloc(5 * 2 ** 20, '#')], '\n'),
];
