import { collectStored } from '#src/cli/serve/collect-stored.js';

/** Thread entry: makes the report for the pages, which takes minutes the first time where there are thousands of tables; host: `ServedReport`. */
export default collectStored;
