import { createRedactor, type Redactor } from '#src/config/redact.js';

/** What this process must not say, whatever goes wrong in it: what its environment held, and its configuration once that is read. */
const known = new Set<string>();
let redact: Redactor = createRedactor([]);

/** From now on `withoutSecrets` replaces these. */
export function rememberSecrets(secrets: readonly string[]): void {
  for (const secret of secrets) known.add(secret);
  redact = createRedactor([...known]);
}

/** Words of unknown origin, such as those of an error in a worker thread, with every secret of this process replaced. */
export const withoutSecrets: Redactor = (text) => redact(text);
