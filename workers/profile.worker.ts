import { profileHandlers } from '#src/adapters/threads/profile-handlers.js';
import { createWorkerHost } from '#src/adapters/threads/worker-host.js';

/** Thread entry of the pool: profiles batches and chunks of tables, and judges histories. */
export default createWorkerHost(profileHandlers);
