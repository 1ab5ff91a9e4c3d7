import { customCleanEnv, EnvMissingError, makeExactValidator, type ValidatorSpec } from 'envalid';
import type { RawVariable } from './load-env.js';
import { type Problem, showValue } from './problem.js';
import type { OptionalVariable, SetVariable, Variable } from './variables.js';

/** The values of a table of variables. */
export type Values<V> = {
  readonly [K in keyof V]: V[K] extends SetVariable<infer T>
    ? T
    : V[K] extends OptionalVariable<infer T>
      ? T | undefined
      : never;
};

/**
 * Validate variables, each read as `prefix` + its name. Whatever is wrong is added to `problems`; the value is then
 * undefined whatever its type says, so nothing may be built from the result before `problems` was looked at.
 */
export function parseVariables<V extends Readonly<Record<string, Variable>>>(
  variables: V,
  raw: ReadonlyMap<string, RawVariable>,
  prefix: string,
  problems: Problem[],
): Values<V> {
  const texts: Record<string, string> = {};
  const specs: Record<string, ValidatorSpec<unknown>> = {};
  for (const [key, variable] of Object.entries(variables)) {
    specs[key] = specOf(variable);
    const text = raw.get(prefix + key)?.value;
    // `NAME=` is how an optional variable is left unset in a .env file or a compose file.
    const isUnset = text === undefined || (text === '' && variable.default === undefined && !variable.required);
    if (!isUnset) texts[key] = text;
  }
  // A copy: envalid's own result is a proxy that throws on unknown names and cannot be cloned to a worker.
  return customCleanEnv(texts, specs, (clean) => ({ ...(clean as object) }) as Values<V>, {
    reporter: ({ errors }) => {
      for (const [key, error] of Object.entries(errors))
        if (error !== undefined) problems.push(describe(prefix + key, variables[key]!, raw.get(prefix + key), error));
    },
  });
}

function specOf(variable: Variable): ValidatorSpec<unknown> {
  const make = makeExactValidator<unknown>(variable.validator.parse);
  if (variable.required) return make();
  // envalid does not parse its defaults; ours are texts, so that they pass the same validator.
  const value = variable.default === undefined ? undefined : variable.validator.parse(variable.default);
  return value === undefined || value === null ? make({ default: undefined }) : make({ default: value });
}

function describe(name: string, variable: Variable, raw: RawVariable | undefined, error: Error): Problem {
  const { allowed } = variable.validator;
  if (raw === undefined || error instanceof EnvMissingError)
    return { setting: name, found: 'not set', allowed, fix: `set ${name} in the environment or in .env` };
  const { value, ...place } = raw;
  const reset = variable.default === undefined ? 'correct it' : `correct it, or remove it for ${variable.default}`;
  const fix = error.message === '' ? reset : error.message;
  return { setting: name, ...place, found: showValue(value, variable.secret), allowed, fix };
}
