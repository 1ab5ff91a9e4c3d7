import type { Caller } from './access.js';

/** Who the audit trail says it was. There is one token for all, so a name is what somebody says of themselves. */
export function callerName(caller: Caller | null, claimed: string | undefined): string {
  const name = caller?.name ?? claimed;
  return name === undefined ? 'somebody via http' : `${name} via http`;
}
