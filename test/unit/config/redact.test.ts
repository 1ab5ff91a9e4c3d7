import { expect, test } from 'vitest';
import { isNearMiss } from '#src/config/names.js';
import { maskSecretFields, redactSecrets } from '#src/config/redact.js';

test('secrets are replaced plain, percent-encoded and JSON-escaped', () => {
  const secret = 'p@ss "w\\d';
  const text = `a ${secret} b ${encodeURIComponent(secret)} c ${JSON.stringify(secret)}`;
  expect(redactSecrets(text, [secret])).toBe('a *** b *** c "***"');
});

test('a short secret is replaced only where it stands alone', () => {
  expect(redactSecrets('the cat (a) sat', ['a'])).toBe('the cat (***) sat');
});

test('a longer secret goes first, and an empty one is none', () => {
  expect(redactSecrets('secret-long secret', ['secret', 'secret-long', ''])).toBe('*** ***');
});

test('credentials in URLs and DSNs are masked whoever they belong to', () => {
  expect(redactSecrets('postgres://u:pw@h/d', [])).toBe('postgres://u:***@h/d');
  expect(redactSecrets("host=h password='a b' user=u", [])).toBe('host=h password=*** user=u');
  expect(redactSecrets('PGPASSWORD=x BATCH_DB_PASSWORD=y', [])).not.toMatch(/[xy]$/);
  expect(redactSecrets('http://h:80/a@b', [])).toBe('http://h:80/a@b');
});

test('fields that are named like secrets are masked at any depth', () => {
  const data = { a: [{ password: 'x', port: 1 }], webhookUrl: 'https://x', token: '', host: 'h' };
  expect(maskSecretFields(data)).toEqual({
    a: [{ password: '***', port: 1 }],
    webhookUrl: '***',
    token: '',
    host: 'h',
  });
});

test('near misses', () => {
  for (const [name, known] of [
    ['LOG_LVL', 'LOG_LEVEL'],
    ['LOG_LEVLE', 'LOG_LEVEL'],
    ['log_level', 'LOG_LEVEL'],
  ] as const)
    expect(isNearMiss(name, known)).toBe(true);
  for (const [name, known] of [
    ['SMTP_HOST', 'HTTP_HOST'],
    ['LOG_FILE', 'LOG_DIR'],
    ['DATABASE', 'BATCH_SIZE'],
  ] as const)
    expect(isNearMiss(name, known)).toBe(false);
});
