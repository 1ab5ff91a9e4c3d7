import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BadInput, PLANTED, STOP_AFTER_SETTINGS, UNREACHABLE } from '../support/bad-input/case.js';
import { strangeCommandLine, wrongCommandLines } from '../support/bad-input/command-line-cases.js';
import { strangeEnvFile, wrongEnvFile } from '../support/bad-input/env-cases.js';
import { strangeFiles } from '../support/bad-input/file-cases.js';
import { type Outcome, tryInput } from '../support/bad-input/try-input.js';
import { yamlTricks } from '../support/bad-input/yaml-cases.js';
import { runCli } from '../support/cli.js';

/** The cases of `test/laws/bad-input.laws.test.ts` that a process may bear otherwise than a function, each by a process of what is built. */
const SEED = 20_261_127;
const sample = (arbitrary: fc.Arbitrary<BadInput>, numRuns: number) => fc.sample(arbitrary, { seed: SEED, numRuns });

const runProcess = ({ args, env }: BadInput, cwd: string): Promise<Outcome> => runCli(args, { cwd, env });

test('the program itself bears bad input as its parts do', async () => {
  const inputs = [
    ...sample(wrongEnvFile, 5),
    ...sample(strangeEnvFile, 5),
    ...sample(strangeFiles, 8),
    ...sample(strangeCommandLine, 8).filter(({ args }) => !args.some((text) => text.includes('\0'))),
    ...wrongCommandLines.filter((_, index) => index % 6 === 0),
    ...yamlTricks.filter((_, index) => index % 10 === 0),
  ];
  for (let from = 0; from < inputs.length; from += 2)
    await Promise.all(inputs.slice(from, from + 2).map((input) => tryInput(input, runProcess)));
});

test('a stack trace is for those who ask for one, and never holds a secret', async () => {
  const env = { ...UNREACHABLE, LOG_LEVEL: 'debug', BATCH_DB_PASSWORD: PLANTED, METADATA_DB_PASSWORD: PLANTED };
  const input: BadInput = { about: 'a store that is not there', args: ['run'], env, files: [], named: [] };
  const { code, stderr } = await tryInput(input, runProcess);
  expect(code).toBe(3);
  expect(stderr).toMatch(/^metadata store "sentinel" in database "nowhere" at 127\.0\.0\.1:1: nothing listens .*\n$/);
});

test('what is right is not refused', async () => {
  const files = [{ name: '.env', content: 'LOG_LEVEL=debug\n' }];
  const input: BadInput = {
    about: 'nothing wrong',
    args: STOP_AFTER_SETTINGS,
    env: {},
    files,
    named: [/^--metrics-file: /],
  };
  await tryInput(input, runProcess);
});
