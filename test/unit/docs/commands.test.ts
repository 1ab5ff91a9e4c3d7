import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildProgram } from '#src/cli/cli.js';
import { allVariables } from '#src/config/document.js';
import { policyJsonSchema } from '#src/config/policy-schema.js';
import type { Problem } from '#src/config/problem.js';
import { parsePolicy } from '#src/config/yaml-policy.js';
import { blocksOf, codeSpansOf, type Page, pages, readPage } from '../../support/documents.js';

const DEPLOY = ['Dockerfile', 'airflow_dag.py', 'compose.yaml', 'crontab', 'sentinel.service'];
const all = pages().filter(({ path }) => path !== 'CHANGELOG.md' && !path.startsWith('docs/decisions/'));

/** Lines of code that may be commands. */
function linesOf(page: Page): string[] {
  const blocks = blocksOf(page).filter(({ language }) => language !== 'sql');
  return [...blocks.flatMap(({ text }) => text.split('\n')), ...codeSpansOf(page)];
}

const CALL = /(?:^|[\s"'/])(?:npx --no-install sentinel|node \S*dist\/main\.js|(npm run demo --))(?= |$)(.*)/;
const BARE_CALL = /^(?:\$ )?(?:[A-Z_]+=(?:'[^']*'|\S*) )*sentinel(?= |$)(.*)/;

/** Every call of the program in a line, as the words after its name. */
function callsIn(line: string): string[][] {
  return line.split(/\s*(?:&&|\|\||;| \| )\s*/).flatMap((part) => {
    const [, demo, words] = CALL.exec(part) ?? [];
    const rest = words ?? BARE_CALL.exec(part.trim())?.[1];
    return rest === undefined ? [] : [[...(demo === undefined ? [] : ['demo']), ...shellWords(rest)]];
  });
}

/** As a shell splits them, up to a comment, a redirection, a column of explanation or the quote that the call stands in. */
function shellWords(text: string): string[] {
  const command = text.replace(/ {3,}.*| [#>].*|",?$/, '');
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|[^\s'"]+/g)].map(
    ([word, single, double]) => single ?? double ?? word,
  );
}

/** What the program has against these words; nothing where it takes them. */
async function complaint(words: readonly string[]): Promise<string | undefined> {
  let said = '';
  const write = (text: string) => Boolean((said += text));
  const stream = { write } as unknown as NodeJS.WriteStream;
  const program = buildProgram({ stdout: stream, stderr: stream, env: {}, cwd: '.' }, '1', async () => undefined);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return undefined;
  } catch (error) {
    return error instanceof CommanderError && error.exitCode === 0 ? undefined : `${words.join(' ')}: ${said}`;
  }
}

/** A command that prose only names needs no arguments, nor a command below it. */
const isNamed = (text: string) => /missing required argument|^\w+: Usage: /.test(text);

/** What stands for something, or was cut short, is no call. */
const isPattern = (words: readonly string[]) => words.some((word) => /…|^[[<]/.test(word));

async function complaintsOf(lines: readonly string[]): Promise<string[]> {
  const all = await Promise.all(
    lines
      .flatMap(callsIn)
      .filter((words) => !isPattern(words))
      .map(complaint),
  );
  return all.filter((each) => each !== undefined);
}

test.each(all)('every command in $path is one that the program takes', async (page) => {
  expect((await complaintsOf(linesOf(page))).filter((each) => !isNamed(each))).toEqual([]);
});

test.each(DEPLOY)('every command in docs/deploy/%s is one that the program takes', async (name) => {
  expect(await complaintsOf(readPage(`docs/deploy/${name}`).text.split('\n'))).toEqual([]);
});

test('calls are found, and what is wrong with one is seen', async () => {
  expect(callsIn("0 6 * * * cd /x && /usr/bin/node /opt/dist/main.js run --quiet --table 'a b' | jq '.x'")).toEqual([
    ['run', '--quiet', '--table', 'a b'],
  ]);
  expect(callsIn("$ SCHEDULE='0 6 * * *' sentinel serve    more")).toEqual([['serve']]);
  expect(callsIn('npm run demo -- --seed 7')).toEqual([['demo', '--seed', '7']]);
  expect(callsIn('sentinel.yaml, and the schema sentinel')).toEqual([]);
  expect(await complaintsOf(['sentinel incident', 'sentinel run --gently', 'sentinel serve'])).toEqual([
    expect.stringContaining("unknown command 'incident'; did you mean incidents?"),
    expect.stringContaining("unknown option '--gently'"),
  ]);
});

test.each(all)('every npm script that $path names is there', (page) => {
  const { scripts } = JSON.parse(readPage('package.json').text) as { scripts: Record<string, string> };
  const named = linesOf(page).flatMap((line) =>
    [...line.matchAll(/\bnpm run (?:-\S+ )*([\w:]+)/g)].map(([, name]) => name!),
  );
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

/** Names in capitals that are others' or stand for something. */
const FOREIGN = new Set([
  'NODE_EXTRA_CA_CERTS',
  'NODE_ENV',
  'SSL_CERT_FILE',
  'SINK_NAMES',
  'READ_ONLY',
  'NAME_DB_PASSWORD',
  'NAME_DB_PASSWORD_FILE',
]);

test.each(all)('every variable that $path names is there', (page) => {
  const known = new Set(allVariables().map(({ name }) => name));
  const named = codeSpansOf(page).flatMap(
    (span) => span.match(/(?<![<\w.-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w*])/g) ?? [],
  );
  expect(named.filter((name) => !known.has(name) && !FOREIGN.has(name))).toEqual([]);
});

test.each(all)('every example of sentinel.yaml in $path is taken', (page) => {
  const keys = Object.keys((policyJsonSchema() as { properties: object }).properties);
  for (const { language, text } of blocksOf(page)) {
    const content: unknown = language === 'yaml' ? parse(text) : null;
    if (content === null || typeof content !== 'object' || !Object.keys(content).every((key) => keys.includes(key)))
      continue;
    const problems: Problem[] = [];
    parsePolicy(text, problems);
    expect(problems, text).toEqual([]);
  }
});
