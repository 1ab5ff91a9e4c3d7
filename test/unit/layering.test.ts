import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** A layer may import from itself and from those above it in this list; layers on one line do not know each other. */
const LAYERS = [
  ['core'],
  ['contract'],
  ['config'],
  ['engine', 'coordinator'],
  ['adapters'],
  ['report', 'demo', 'daemon'],
  ['cli'],
  ['main', 'index'],
] as const;

/** What must be in use, and where. */
const NAMED_PACKAGES = {
  src: ['piscina', 'pg', 'dotenv', 'envalid', 'pino', 'rotating-file-stream', 'async-retry', 'mathjs'],
  test: ['vitest', 'testcontainers'],
};

interface Import {
  /** File below the root, `/` between folders. */
  readonly file: string;
  /** A file below the root for our own code, else as it is written. */
  readonly target: string;
  /** Ours, a package, or Node's own. */
  readonly kind: 'own' | 'package' | 'node';
}

function imports(folder: string): Import[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap((entry) => importsOf(join(entry.parentPath, entry.name)));
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const file = relative(ROOT, path).split(sep).join('/');
  const specifiers = [
    ...text.matchAll(/^\s*(?:import|export)\b[^'";]*?\bfrom\s+'([^']+)'/gm),
    ...text.matchAll(/^\s*import\s+'([^']+)'/gm),
    ...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g),
  ].map((match) => match[1]!);
  return specifiers.map((specifier) => {
    if (specifier.startsWith('.'))
      return { file, target: join(dirname(file), specifier).split(sep).join('/'), kind: 'own' };
    if (specifier.startsWith('#')) return { file, target: specifier.slice(1), kind: 'own' };
    return { file, target: specifier, kind: specifier.startsWith('node:') ? 'node' : 'package' };
  });
}

const source = imports('src');
const workers = imports('workers');
const tests = imports('test');

const show = ({ file, target }: Import) => `${file} imports ${target}`;
/** `src/core/model/x.js` is of the layer `core`; `src/main.js` of `main`. */
const layerOf = (path: string) => /^src\/([^/.]+)/.exec(path)?.[1] ?? '';
const rankOf = (layer: string) => LAYERS.findIndex((group) => (group as readonly string[]).includes(layer));
const packageOf = (specifier: string) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

describe('imports', () => {
  test('are found', () => {
    expect(source.length).toBeGreaterThan(50);
    expect(source.map(show)).toContain('src/contract/messages.ts imports src/core/model/profile.js');
    expect(source.map(show)).toContain('src/adapters/embedded/server.ts imports src/adapters/embedded/binaries.js');
  });

  test('every folder of src is a known layer', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.name.endsWith('.ts'))
      .map((entry) => entry.name.replace(/\.ts$/, ''));
    expect(folders.filter((name) => rankOf(name) < 0)).toEqual([]);
  });

  test('go one way: core, contract, config, engine or coordinator, adapters, report or demo or daemon, cli, main', () => {
    const wrong = source.filter(({ file, target, kind }) => {
      if (kind !== 'own') return false;
      const [from, to] = [layerOf(file), layerOf(target)];
      return from !== to && rankOf(to) >= rankOf(from);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test('of src never lead out of it', () => {
    expect(source.filter(({ target, kind }) => kind === 'own' && !target.startsWith('src/')).map(show)).toEqual([]);
  });

  test('of core stay in core, without Node or packages but mathjs', () => {
    const outside = source.filter(
      ({ file, target }) =>
        file.startsWith('src/core/') && !target.startsWith('src/core/') && target !== 'mathjs/number',
    );
    expect(outside.map(show)).toEqual([]);
  });

  test('of the contract and the engine touch neither files nor the network', () => {
    const packages = source.filter(({ file, kind }) => /^src\/(contract|engine)\//.test(file) && kind === 'package');
    expect(packages.map(show)).toEqual([]);
  });

  test('of piscina are in adapters/threads alone', () => {
    const users = [...source, ...workers].filter(({ target }) => packageOf(target) === 'piscina');
    expect(users.filter(({ file }) => !file.startsWith('src/adapters/threads/')).map(show)).toEqual([]);
  });

  test('of the database driver are in adapters and the demo alone', () => {
    const users = [...source, ...workers].filter(({ target }) => /^pg($|-|\/)/.test(target));
    expect(users.filter(({ file }) => !/^src\/(adapters|demo)\//.test(file)).map(show)).toEqual([]);
  });

  test('of worker entries compose: they are a few lines each', () => {
    for (const name of readdirSync(join(ROOT, 'workers')).filter((file) => file.endsWith('.ts')))
      expect(readFileSync(join(ROOT, 'workers', name), 'utf8').split('\n').length, name).toBeLessThanOrEqual(60);
  });
});

describe('packages', () => {
  const used = (found: Import[]) =>
    new Set(found.filter(({ kind }) => kind === 'package').map((one) => packageOf(one.target)));

  test.each(NAMED_PACKAGES.src)('%s works in the program', (name) => {
    expect(used([...source, ...workers])).toContain(name);
  });

  test.each(NAMED_PACKAGES.test)('%s works in the tests', (name) => {
    expect(used(tests)).toContain(name);
  });
});
