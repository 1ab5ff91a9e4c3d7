import { expect, test } from 'vitest';
import { readPage } from '../../support/documents.js';
import { withRecorded } from '../../support/recording/readme.js';

const readme = readPage('README.md').text;
const recording = readPage('docs/recording.md').text;

test('the README shows what was recorded', () => {
  expect(readme.match(/<!-- recorded: /g)).toHaveLength(3);
  expect(withRecorded(readme, recording)).toBe(readme);
  expect(withRecorded(readme, recording.replaceAll('ALERT', 'NOTE'))).not.toBe(withRecorded(readme, recording));
});

test('the recording names nothing of the machine that made it', () => {
  expect(recording).not.toMatch(/\/var\/|\/work\/|\/tmp\/|\broot\b/);
});
