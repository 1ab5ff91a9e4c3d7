import fc from 'fast-check';
import { stringify } from 'yaml';
import { policyJsonSchema } from '#src/config/policy-schema.js';
import { type BadInput, literally, PLANTED, STOP_AFTER_SETTINGS } from './case.js';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
}

type Path = readonly (string | number)[];

/** Every key that sentinel.yaml may hold, and what it may be; lists by their first entry, sources by that of `batch`. */
function keysOf(schema: Schema, path: Path = []): { path: Path; schema: Schema }[] {
  const below = [
    ...Object.entries(schema.properties ?? {}).map(([key, value]) => keysOf(value, [...path, key])),
    ...(schema.items ? [keysOf(schema.items, [...path, 0])] : []),
    ...(typeof schema.additionalProperties === 'object'
      ? [keysOf(schema.additionalProperties, [...path, 'batch'])]
      : []),
  ].flat();
  return path.length === 0 ? below : [{ path, schema }, ...below];
}

const KEYS = keysOf(policyJsonSchema() as Schema);

/** None of these is right for that type. */
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  object: ['text', 5, true, [1], []],
  array: ['text', 5, true, { a: 1 }],
  string: [5, true, [1], { a: 1 }],
  number: ['text', true, [1], { a: 1 }, Number.NaN, Number.NEGATIVE_INFINITY],
  integer: ['text', true, 1.5, [1], { a: 1 }, -1],
  boolean: ['text', 5, [1], { a: 1 }, 'yes'],
};

function nest(path: Path, value: unknown): unknown {
  return path.reduceRight((inner, part) => (typeof part === 'number' ? [inner] : { [part]: inner }), value);
}

function nameOf(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);
}

function yamlCase(about: string, content: string | Uint8Array, named: readonly RegExp[] = []): BadInput {
  return { about, args: STOP_AFTER_SETTINGS, env: {}, files: [{ name: 'sentinel.yaml', content }], named };
}

/** A value of another type somewhere: its path is named with its line. */
export const wrongYamlType: fc.Arbitrary<BadInput> = fc
  .constantFrom(...KEYS.filter(({ schema }) => schema.type !== undefined && WRONG[schema.type]))
  .chain(({ path, schema }) => fc.constantFrom(...WRONG[schema.type!]!).map((value) => ({ path, value })))
  .map(({ path, value }) =>
    yamlCase(`${nameOf(path)} is ${JSON.stringify(value)}`, `# a comment\n${stringify(nest(path, value))}`, [
      new RegExp(`^ +${literally(nameOf(path))}\\S* \\(sentinel\\.yaml:\\d+:\\d+\\)$`, 'm'),
    ]),
  );

/** A key with a letter too many, or one of JavaScript's own. */
export const wrongYamlKey: fc.Arbitrary<BadInput> = fc
  .tuple(
    fc.constantFrom(...KEYS.filter(({ path }) => typeof path.at(-1) === 'string' && path.at(-1) !== 'batch')),
    fc.constantFrom('x', '__proto__', 'constructor', 'hasOwnProperty', 'toString', ''),
  )
  .map(([{ path }, ending]) => {
    const last = ending === 'x' ? `${String(path.at(-1))}x` : ending || String(path.at(-1)).toUpperCase();
    const parents = path.slice(0, -1);
    // written as text: an object literal with __proto__ would not have that key
    const lines = parents.map((part, depth) => `${'  '.repeat(depth)}${typeof part === 'number' ? '-' : `${part}:`}`);
    const text = `${[...lines, `${'  '.repeat(parents.length)}${last}: 1`].join('\n')}\n`;
    return yamlCase(`a key ${nameOf([...parents, last])}`, text, [
      new RegExp(`^ +${literally(nameOf([...parents, last]))} \\(sentinel\\.yaml:${parents.length + 1}:\\d+\\)$`, 'm'),
    ]);
  });

function yamlText(text: string): BadInput {
  return yamlCase(`sentinel.yaml: ${JSON.stringify(text.slice(0, 120))}`, text);
}

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`),
].join('\n');

const TRICKS: readonly string[] = [
  bomb,
  'a: &a [*a]',
  'include: &a\n  - *a\n',
  'include: *missing',
  'include: [a]\ninclude: [b]\n',
  'checks: {rowCount: {minRows: 1, minRows: 2}}',
  '<<: {include: [a]}\n',
  'base: &b {maxCost: 1}\nviews: {<<: *b}\n',
  'include: !!binary aGVsbG8=\n',
  'include: !!js/function "function(){}"\n',
  'include: !!python/object/apply:os.system ["id"]\n',
  'include: !!set {a, b}\n',
  'include: !!omap [a: 1]\n',
  'views: !!map [a]\n',
  'tables: !custom [1]\n',
  `${'['.repeat(5000)}`,
  `include: ${'['.repeat(2000)}${']'.repeat(2000)}\n`,
  `${'{a: '.repeat(1000)}1${'}'.repeat(1000)}\n`,
  `${Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')} 1\n`,
  '--- {}\n--- {}\n',
  '%YAML 9.9\n---\n{}\n',
  '%TAG ! tag:x,2000:\n---\ninclude: !y [a]\n',
  '"\\ud800": 1\n',
  'include: ["\\uD800"]\n',
  '"\\e[2J": 1\n',
  'include: ["\\e[2J."]\n',
  '\tinclude: [a]\n',
  'include: [a\n',
  'include: "a\n',
  '? [a, b]\n: 1\n',
  '? {a: 1}\n: 1\n',
  '1: 2\n',
  'null: 1\n~: 2\n',
  '5',
  'text',
  '[]',
  '- a\n- b\n',
  'null',
  '...',
  '---',
  '',
  '\uFEFFinclude: [5]\n',
  `include: ["${'x'.repeat(2 ** 20)}."]\n`,
  `${'k'.repeat(2 ** 17)}: 1\n`,
  `include: [${Array.from({ length: 2000 }, () => '5').join(',')}]\n`,
  `${Array.from({ length: 1000 }, (_, index) => `unknown${index}: 1`).join('\n')}\n`,
  'views: {maxCost: .inf}\n',
  'views: {maxCost: .nan}\n',
  'views: {maxCost: 0x10}\n',
  'views: {maxCost: 1e400}\n',
  'views: {maxCost: -0}\n',
  'slots: {maxRetainedBytes: 99999999999999999999TiB}\n',
  'tables: [{match: a, freshness: 999999999w}]\n',
  'tables: [{}]\n',
  'tables: [null]\n',
  'sources: {__proto__: {timeZone: UTC}}\n',
  'sources: {constructor: {timeZone: UTC}}\n',
  'sources: {batch: {timeZone: Mars/Olympus}}\n',
  'sources: {batchh: {}}\n',
  'checks: {disabled: [nothing, __proto__]}\n',
  `include: [${PLANTED}.${PLANTED}.a.b]\n`.replaceAll(PLANTED, 'x'),
];

/** What YAML can do and people should not, once each. */
export const yamlTricks: readonly BadInput[] = TRICKS.map(yamlText);

/** Texts that are nearly YAML. */
export const strangeYaml: fc.Arbitrary<BadInput> = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    {
      weight: 1,
      arbitrary: fc
        .array(fc.constantFrom(...':-?[]{},&*!|>%@`#\'" \n\tabc0.~<'), { maxLength: 30 })
        .map((parts) => parts.join('')),
    },
    fc.json({ maxDepth: 4 }),
  )
  .map(yamlText);

export const yamlBytes: fc.Arbitrary<BadInput> = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    fc.constantFrom([0xff, 0xfe, 0x61, 0], [0x69, 0x3a, 0x20, 0xe4], [0]).map((bytes) => Uint8Array.from(bytes)),
  )
  .map((bytes) => yamlCase(`sentinel.yaml of the bytes ${bytes.join(' ')}`, bytes));
