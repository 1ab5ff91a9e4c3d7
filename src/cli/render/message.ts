import { escapeControls, wrap } from './text-width.js';

/** A word is at least this long, and no path, where it is cut: a pattern of 10 kB says nothing more than its beginning. */
const LONG_WORD = 300;
const KEPT_OF_LONG_WORD = 80;

/**
 * A message as it is shown: without control characters whatever is quoted in it, without endless words, and where `columns` is
 * given in lines of so many, which go on below the text that they belong to.
 */
export function showMessage(message: string, columns?: number): string {
  return message
    .split('\n')
    .map((line) => shorten(escapeControls(line)))
    .flatMap((line) => (columns === undefined ? [line] : wrapHanging(line, columns)))
    .join('\n');
}

function shorten(line: string): string {
  if (line.length < LONG_WORD) return line;
  return line.replace(
    new RegExp(`\\S{${LONG_WORD},}`, 'g'),
    (word) => `${word.slice(0, KEPT_OF_LONG_WORD)}…${word.slice(-1)}`,
  );
}

/** A line that begins with blanks, or with a word and two blanks, goes on in the column of what follows. */
function wrapHanging(line: string, columns: number): string[] {
  if (line.length <= columns) return [line];
  const head = /^ *(\S+ {2,})?/.exec(line)![0];
  if (head.length > columns / 2) return wrap(line, columns);
  const [first, ...rest] = wrap(line.slice(head.length), columns - head.length);
  return [head + first, ...rest.map((text) => ' '.repeat(head.length) + text)];
}
