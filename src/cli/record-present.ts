import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';

/** Compare the tables a source has with those the store knows: new ones are known from now on, missing ones are gone. */
export async function recordPresent(
  store: Store,
  writer: StoreWriter,
  run: RunRef,
  source: string,
  present: readonly { readonly schema: string; readonly table: string }[],
): Promise<void> {
  const key = ({ schema, table }: { schema: string; table: string }) => JSON.stringify([schema, table]);
  const known = await store.listDatasets([source]);
  const [there, before] = [new Set(present.map(key)), new Set(known.map(key))];
  const added = present.filter((table) => !before.has(key(table)));
  const gone = known.filter((table) => !there.has(key(table)));
  if (added.length > 0)
    await writer.addDatasets(
      run,
      added.map((table) => ({ source, ...table })),
    );
  if (gone.length > 0) await writer.markGone(run, gone);
}
