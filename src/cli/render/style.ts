import type { Severity } from '#src/core/model/finding.js';

const CODES = { red: 31, yellow: 33, cyan: 36, bold: 1, dim: 2 } as const;
export type Style = keyof typeof CODES;

/** A text in a style of the terminal; as it is where `color` is false. */
export function paint(text: string, style: Style | undefined, color: boolean): string {
  return color && style !== undefined && text !== '' ? `\u001B[${CODES[style]}m${text}\u001B[0m` : text;
}

/** A painted text without its escape sequences. */
export function stripStyles(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is taken out.
  return text.replace(/\u001B\[\d+m/g, '');
}

export const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = { critical: 'red', warn: 'yellow', info: 'cyan' };

/** Colour only on a terminal, and not where NO_COLOR is set (no-color.org) or the terminal is dumb. */
export function usesColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}
