import fc from 'fast-check';
import { type BadFile, type BadInput, literally, STOP_AFTER_SETTINGS } from './case.js';

const SPECIAL = ['folder', 'loop', 'dangling', 'pipe', 'device'] as const;

/** Something that is no file where a file is read by its name. */
const instead: fc.Arbitrary<BadInput> = fc
  .tuple(fc.constantFrom('.env', '.env.local', '.env.development', 'sentinel.yaml'), fc.constantFrom(...SPECIAL))
  .map(([name, special]) => ({
    about: `${name} is a ${special}`,
    args: STOP_AFTER_SETTINGS,
    env: {},
    files: [{ name, special }],
    named: [new RegExp(`^ +${literally(name)} \\(${literally(name)}\\)$`, 'm')],
  }));

/** The same where a setting names the file. */
const named: fc.Arbitrary<BadInput> = fc
  .tuple(
    fc.constantFrom('BATCH_DB_PASSWORD_FILE', 'CDC_DB_SSLROOTCERT', 'METADATA_DB_PASSWORD_FILE'),
    fc.constantFrom<BadFile>(
      ...SPECIAL.map((special): BadFile => ({ name: 'it', special })),
      { name: 'other', content: '' },
      { name: 'it', content: '' },
      { name: 'it', content: 'a\0b' },
      { name: 'it', content: Uint8Array.of(0x4b, 0xe4, 0x73, 0x65) },
    ),
  )
  .filter(([setting, file]) => setting.endsWith('PASSWORD_FILE') || !('content' in file) || file.name === 'other')
  .map(([setting, file]) => ({
    about: `${setting} names ${JSON.stringify(file)}`,
    args: STOP_AFTER_SETTINGS,
    env: { CDC_DB_SSLMODE: 'verify-full' },
    files: [file, { name: '.env', content: `\n${setting}=it\n` }],
    named: [new RegExp(`^ +${setting} \\(\\.env:2\\)$`, 'm')],
  }));

export const strangeFiles: fc.Arbitrary<BadInput> = fc.oneof(instead, named);
