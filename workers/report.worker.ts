import { move } from 'piscina';
import { collectStored } from '#src/cli/serve/collect-stored.js';

/** Thread entry: makes the report for the pages, which takes minutes the first time where there are thousands of tables; host: `ServedReport`. */
export default async function collect(config: Parameters<typeof collectStored>[0]): Promise<unknown> {
  const report = await collectStored(config);
  return report && move(report);
}
