import { readDotenv } from '#src/config/dotenv-file.js';

/** How a value may be written in a .env file, the plainest first. */
const SPELLINGS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => `'${value}'`,
  (value) => `\`${value}\``,
  (value) => `"${value}"`,
];

/** `NAME=value` as the reader of .env files takes it back, letter by letter; undefined where it has no way to write this value. */
export function dotenvLine(name: string, value: string): string | undefined {
  return SPELLINGS.map((spell) => `${name}=${spell(value)}`).find((line) => {
    // What follows must not be swallowed.
    const { entries, problems } = readDotenv(`${line}\nAFTER=1\n`, '.env');
    return problems.length === 0 && entries.length === 2 && entries[0]!.name === name && entries[0]!.value === value;
  });
}
