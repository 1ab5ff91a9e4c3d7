import fc from 'fast-check';
import { describe, test } from 'vitest';
import type { BadInput } from '../support/bad-input/case.js';
import {
  anyCommandLine,
  strangeCommandLine,
  wrongCommandLines,
  wrongRunOptions,
} from '../support/bad-input/command-line-cases.js';
import {
  largeEnvFiles,
  strangeEnvFile,
  strangeEnvironment,
  wrongEnvFile,
  wrongEnvironment,
} from '../support/bad-input/env-cases.js';
import { strangeFiles } from '../support/bad-input/file-cases.js';
import { tryInput } from '../support/bad-input/try-input.js';
import { strangeYaml, wrongYamlKey, wrongYamlType, yamlBytes, yamlTricks } from '../support/bad-input/yaml-cases.js';

/** The same cases each time; `BAD_INPUT_SEED=7` tries others. A failure prints the seed and the smallest case that fails. */
const seed = Number(process.env.BAD_INPUT_SEED ?? 20_261_127);

interface Kind {
  readonly any: fc.Arbitrary<BadInput>;
  /** Tried first, and counted. */
  readonly each?: readonly BadInput[];
  readonly cases: number;
}

/** 2,000 cases. */
const KINDS: Readonly<Record<string, Kind>> = {
  'wrong settings in a .env file': { any: wrongEnvFile, cases: 350 },
  'wrong settings in the environment': { any: wrongEnvironment, cases: 150 },
  'any values in the environment': { any: strangeEnvironment, cases: 200 },
  'any lines in a .env file': { any: strangeEnvFile, each: largeEnvFiles, cases: 200 },
  'a wrong type in sentinel.yaml': { any: wrongYamlType, cases: 200 },
  'a wrong key in sentinel.yaml': { any: wrongYamlKey, cases: 150 },
  'what YAML can do and should not': { any: strangeYaml, each: yamlTricks, cases: 200 },
  'any bytes in sentinel.yaml': { any: yamlBytes, cases: 70 },
  'something else where a file is meant': { any: strangeFiles, cases: 80 },
  'wrong arguments': { any: wrongRunOptions, each: wrongCommandLines, cases: 120 },
  'any arguments of a command': { any: strangeCommandLine, cases: 200 },
  'any arguments': { any: anyCommandLine, cases: 80 },
};

describe(`bad input gets a message that names it, and nothing else happens (seed ${seed}):`, () => {
  test.each(Object.entries(KINDS))('%s', async (_, { any, each = [], cases }) => {
    const examples = each.map((input): [BadInput] => [input]);
    await fc.assert(
      fc.asyncProperty(any, async (input) => {
        await tryInput(input);
      }),
      { seed, numRuns: cases, examples },
    );
  });
});
