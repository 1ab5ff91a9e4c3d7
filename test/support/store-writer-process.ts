import type { StoreOptions } from '#src/adapters/store/options.js';
import { openStore } from '#src/adapters/store/store.js';
import { day, tableRecord } from './store-records.js';

/** Writes tables until it is killed: prints its run's label, then the number of tables acknowledged so far. */
async function writeForEver(options: StoreOptions): Promise<never> {
  const writer = await (await openStore(options)).acquireWriter('to be killed');
  const run = await writer.beginRun({ command: 'run', startedAt: day(0), asOf: day(0) });
  console.log(run.label);
  for (let n = 1; ; n++) {
    await writer.persistTables(run, [tableRecord(`table_${n}`)]);
    console.log(n);
  }
}

await writeForEver(JSON.parse(process.argv[2]!) as StoreOptions);
