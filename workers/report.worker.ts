import { collectStored } from '#src/cli/serve/collect-stored.js';

/** Thread entry: judges every stored series anew for the pages, which takes minutes of processor time for thousands of tables. */
export default collectStored;
