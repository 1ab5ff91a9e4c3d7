/** Names the writer's advisory lock of one store; `$1` is the schema's name. */
const key = `hashtextextended('sentinel writer ' || $1::text, 0)`;

export const tryLock = `SELECT pg_try_advisory_lock(${key}) AS locked`;

/** The same lock, until the transaction ends. */
export const tryTransactionLock = `SELECT pg_try_advisory_xact_lock(${key}) AS locked`;

export const unlock = `SELECT pg_advisory_unlock(${key})`;

/** Names the lock of the one daemon that is active. */
const instanceKey = `hashtextextended('sentinel daemon ' || $1::text, 0)`;

export const tryInstanceLock = `SELECT pg_try_advisory_lock(${instanceKey}) AS locked`;

/** The same lock, until the transaction ends. */
export const tryInstanceTransactionLock = `SELECT pg_try_advisory_xact_lock(${instanceKey}) AS locked`;

/** What tells this store from any other, wherever it is. */
export const selectStoreId = (s: string) => `SELECT store_id FROM ${s}.lease`;

/** Who wrote the lease last: the holder, where the lock is taken. */
export const selectLease = (s: string) => `
SELECT epoch, holder, pid, host, backend_pid, taken_at FROM ${s}.lease`;

/** A new epoch: whoever held an older one can no longer commit. Waits for its open transaction, if any. `$4` is who holds the lock. */
export const takeLease = (s: string) => `
UPDATE ${s}.lease SET epoch = epoch + 1, holder = $1, pid = $2, host = $3, backend_pid = $4,
  taken_at = now(), released_at = NULL
RETURNING epoch`;

/** The same holder, whose lock is on a new connection (`$2`); no row where the epoch has moved on. */
export const renewLease = (s: string) => `
UPDATE ${s}.lease SET backend_pid = $2 WHERE epoch = $1 RETURNING epoch`;

export const releaseLease = (s: string) => `UPDATE ${s}.lease SET released_at = now() WHERE epoch = $1`;

/** Locks the lease against a change until the transaction ends; no row where another writer took over. */
export const checkLease = (s: string, epoch: number) => `SELECT epoch FROM ${s}.lease WHERE epoch = ${epoch} FOR SHARE`;

/** End the session `$2` if it is the one that holds the lock: our own, left behind by a connection that broke. */
export const endHolder = `
SELECT pg_terminate_backend(l.pid) FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.granted AND l.pid = $2 AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((l.classid::bigint << 32) | l.objid::bigint) = ${key}`;
