import { parse } from 'dotenv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dotenvLine } from '#src/cli/init/dotenv-text.js';

test.each([
  ['plain', 'X=plain'],
  ['a b', 'X=a b'],
  ['a#b', "X='a#b'"],
  [' a ', "X=' a '"],
  ["it's #1", "X=`it's #1`"],
  ["`it's` #1", 'X="`it\'s` #1"'],
  ['a\nb', "X='a\nb'"],
  [`'"\`#`, undefined],
])('%j is written as %j', (value, line) => {
  expect(dotenvLine('X', value)).toBe(line);
});

test('what is written is read back by dotenv letter by letter, and nothing beside it', () => {
  const awkward = fc.constantFrom('#', "'", '"', '`', ' ', '\\', '\n', '\\n', '\r', '$', '{', '=', 'é', '🙂', 'a');
  fc.assert(
    fc.property(fc.array(awkward, { maxLength: 8 }), (parts) => {
      const line = dotenvLine('X', parts.join(''));
      if (line === undefined) return;
      expect(parse(`BEFORE=1\n${line}\nAFTER=1\n`)).toEqual({ BEFORE: '1', X: parts.join(''), AFTER: '1' });
    }),
    { numRuns: 5000 },
  );
});
