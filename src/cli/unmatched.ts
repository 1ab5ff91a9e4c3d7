import { compileTableFilter, type Policy } from '#src/config/policy.js';
import type { TableMatcher, TableName } from '#src/config/table-glob.js';
import type { Failure } from '#src/core/model/failure.js';
import type { SelectionOptions } from './options.js';

/** What a selection names and no table has: a misspelt name must not pass for tables that are fine. */
export interface Unmatched {
  /** To be told of every table there is to choose from, before any is left out. */
  saw(table: TableName): void;
  /** One failure for each pattern of `--table`, and one for `include` as a whole, that none of them matches; `of` says whose they are. */
  failures(of: string): Failure[];
}

export function unmatched({ include }: Pick<Policy, 'include'>, { table = [] }: SelectionOptions): Unmatched {
  const patterns = watch([...new Set(table)].map((glob) => [quoted(glob), matcherOf([glob])]));
  const included = watch(
    include.length === 0 ? [] : [[`include (${listed(include)}) of sentinel.yaml`, matcherOf(include)]],
  );
  return {
    saw(name) {
      patterns.saw(name);
      included.saw(name);
    },
    failures: (of) =>
      [...patterns.left(), ...included.left()].map((pattern) => ({
        code: 'selection_without_table',
        message: `no table ${of} matches ${pattern}; correct it: "sentinel tables" lists the names, and what is left out`,
        retryable: false,
      })),
  };
}

/** What `tables` of sentinel.yaml says of tables that there are not, during one run. */
export interface UnmatchedPolicies {
  saw(table: TableName): void;
  /** A sentence; null where each entry has a table. */
  warning(): string | null;
}

export function unmatchedPolicies({ tables }: Pick<Policy, 'tables'>): UnmatchedPolicies {
  const entries = watch(tables.map(({ match }) => [match, matcherOf([match])]));
  return {
    saw: entries.saw,
    warning() {
      const left = [...new Set(entries.left())];
      if (left.length === 0) return null;
      return `sentinel.yaml: tables: no table matches ${listed(left)}; correct match, or remove the entry ("sentinel tables" lists the names)`;
    },
  };
}

/** Looks for a first match of each; one that has it costs nothing more. */
function watch<T>(matchers: readonly (readonly [T, TableMatcher])[]) {
  let left = matchers;
  return {
    saw(name: TableName) {
      if (left.some(([, matches]) => matches(name))) left = left.filter(([, matches]) => !matches(name));
    },
    left: (): T[] => left.map(([what]) => what),
  };
}

const MAX_NAMED = 5;

function listed(patterns: readonly string[]): string {
  const named = patterns.slice(0, MAX_NAMED).map(quoted).join(', ');
  return patterns.length > MAX_NAMED ? `${named} and ${patterns.length - MAX_NAMED} more` : named;
}

function matcherOf(include: readonly string[]): TableMatcher {
  return compileTableFilter({ include, exclude: [] });
}

function quoted(pattern: string): string {
  return `"${pattern}"`;
}
