import { expect, test } from 'vitest';
import { showMessage } from '#src/cli/render/message.js';

test('a line that is too long goes on below the text it belongs to', () => {
  const message = 'The configuration has 1 problem:\n\n  LOG_LEVELS\n    allowed  component=level, separated by commas';
  expect(showMessage(message, 36)).toBe(
    [
      'The configuration has 1 problem:',
      '',
      '  LOG_LEVELS',
      '    allowed  component=level,',
      '             separated by commas',
    ].join('\n'),
  );
  expect(showMessage(message)).toBe(message);
});

test('nothing quoted in a message can move the cursor, and no word is endless', () => {
  expect(showMessage('no source is named "\u001b[2J\u2028"')).toBe('no source is named "\\u{1b}[2J\\u{2028}"');
  const shown = showMessage(`--table: "${'*'.repeat(10_000)}" is no pattern`);
  expect(shown.length).toBeLessThan(120);
  expect(shown).toMatch(/^--table: "\*+…" is no pattern$/);
  const path = `/${'folder/'.repeat(30)}file`;
  expect(showMessage(path)).toBe(path);
});
