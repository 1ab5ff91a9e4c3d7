import type { Finding } from '#src/core/model/finding.js';
import type { IdDraft } from './ids.js';
import { idsOf } from './persist-datasets.js';
import type { DatasetName } from './records.js';
import { markGoneJudged } from './sql/dataset.js';
import { deleteFindings, insertFindings } from './sql/finding.js';
import { markInventoryJudged } from './sql/inventory.js';
import { markJudged } from './sql/task.js';
import { numberArray, slices, toText } from './values.js';
import type { Transaction } from './write-session.js';

/** What was judged: tables, and sources as such (their inventory). */
export interface Judged {
  readonly datasets: readonly DatasetName[];
  readonly sources: readonly string[];
}

/**
 * Store the verdict on part of a run: its findings, in place of those the run had on the same tables and sources, and
 * that they are judged, which makes their figures part of the baseline of later runs.
 */
export async function persistFindings(
  tx: Transaction,
  ids: IdDraft,
  run: number,
  findings: readonly Finding[],
  judged: Judged,
): Promise<void> {
  const tables = findings.filter((finding) => finding.table !== null);
  const found = await idsOf(tx, ids, run, tables.map(tableOf));
  const idOf = new Map(tables.map((finding, i) => [finding, found[i]!]));
  const datasets = await idsOf(tx, ids, run, judged.datasets);
  const sources = findings.filter((finding) => finding.table === null).map((finding) => finding.source);
  await tx.query(deleteFindings(tx.s), [run, numberArray([...datasets, ...found]), [...judged.sources, ...sources]]);

  for (const slice of slices(findings, tx.batchSize, (finding) => finding.message.length)) {
    const text = (of: (finding: Finding) => string | null | undefined) =>
      slice.map((finding) => {
        const value = of(finding);
        return typeof value === 'string' ? toText(value) : null;
      });
    const number = (of: (finding: Finding) => unknown) =>
      numberArray(
        slice.map((finding) => {
          const value = of(finding);
          return typeof value === 'number' ? value : null;
        }),
      );
    await tx.query(insertFindings(tx.s), [
      run,
      number((finding) => idOf.get(finding)),
      text((finding) => finding.source),
      text((finding) => finding.column),
      text((finding) => finding.metric),
      text((finding) => finding.check),
      text((finding) => finding.severity),
      number((finding) => finding.value),
      text((finding) => (typeof finding.value === 'string' ? finding.value : null)),
      number((finding) => finding.expected.lower),
      number((finding) => finding.expected.upper),
      number((finding) => finding.score),
      text((finding) => finding.at),
      text((finding) => finding.message),
      text((finding) => finding.incident),
    ]);
  }
  for (const slice of slices(datasets, tx.batchSize)) {
    await tx.query(markJudged(tx.s), [run, numberArray(slice)]);
    await tx.query(markGoneJudged(tx.s), [run, numberArray(slice)]);
  }
  if (judged.sources.length > 0) await tx.query(markInventoryJudged(tx.s), [run, judged.sources]);
}

function tableOf(finding: Finding): DatasetName {
  return { source: finding.source, schema: finding.schema ?? '', table: finding.table! };
}
