import type { JsonValue } from '../model/profile.js';
import { looksPersonal } from '../privacy/personal.js';
import { quoted } from './sentence.js';

/** True where the values of a column may be named: findings go to terminals, logs and receivers of alerts. */
export function isShown(column: string, values: readonly { readonly value: JsonValue }[]): boolean {
  return (
    looksPersonal(
      column,
      values.map(({ value }) => value),
    ) === null
  );
}

/** One of a column's values in a sentence; of a column that looks personal, words in its place. */
export function shownValue(
  column: string,
  values: readonly { readonly value: JsonValue }[],
  value: string | number | boolean,
): string {
  return isShown(column, values) ? quoted(value) : '(not shown, as it looks personal)';
}
