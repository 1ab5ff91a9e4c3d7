import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { RunOrigin } from '#src/adapters/store/audit-run.js';
import { type Config, configSecrets, maskedConfig } from '#src/config/config.js';
import { createRedactor } from '#src/config/redact.js';
import type { Io } from './io.js';
import type { RunOptions } from './options.js';
import { personName } from './person.js';
import { programVersion } from './version.js';

/** What the audit trail keeps of how a run was started: who, where, with which options and configuration. No secrets. */
export function runOrigin(command: string, options: RunOptions, config: Config, io: Pick<Io, 'env'>): RunOrigin {
  const redact = createRedactor(configSecrets(config));
  const text = redact(JSON.stringify(maskedConfig(config)));
  const { SUDO_USER: sudoUser } = io.env;
  return {
    actor: personName(io),
    version: programVersion(),
    details: {
      ...{ command, host: hostname(), pid: String(process.pid) },
      options: redact(JSON.stringify(options)),
      ...(sudoUser !== undefined && { sudoUser }),
    },
    configuration: { text, sha256: createHash('sha256').update(text, 'utf8').digest('hex') },
  };
}
