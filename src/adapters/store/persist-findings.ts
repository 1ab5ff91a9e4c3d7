import type { Finding } from '#src/core/model/finding.js';
import type { IdDraft } from './ids.js';
import { idsOf } from './persist-datasets.js';
import { persistIncidents } from './persist-incidents.js';
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
  /** The clock of judgement, epoch milliseconds; that of the run where absent. */
  readonly at?: number;
}

/**
 * Store the verdict on part of a run: its findings, in place of those the run had on the same tables and sources, and
 * that they are judged, which makes their figures part of the baseline of later runs. Resolves with the findings as they are
 * stored: with the incidents they belong to.
 */
export async function persistFindings(
  tx: Transaction,
  ids: IdDraft,
  run: number,
  found: readonly Finding[],
  judged: Judged,
): Promise<Finding[]> {
  const tables = found.filter((finding) => finding.table !== null);
  const ofTables = await idsOf(tx, ids, run, tables.map(tableOf));
  const datasets = await idsOf(tx, ids, run, judged.datasets);
  const sources = found.filter((finding) => finding.table === null).map((finding) => finding.source);
  await tx.query(deleteFindings(tx.s), [run, numberArray([...datasets, ...ofTables]), [...judged.sources, ...sources]]);
  const judgedRun = {
    id: run,
    ...(judged.at !== undefined && { at: judged.at }),
    tables: judged.datasets.map((name, i) => ({ ...name, id: datasets[i]! })),
    sources: judged.sources,
  };
  const incidentOf = await persistIncidents(tx, ids, judgedRun, found);
  const findings = found.map(({ incident: _, ...finding }, i) => {
    const incident = incidentOf.get(found[i]!);
    return incident === undefined ? finding : { ...finding, incident };
  });
  const datasetOf = new Map(tables.map((finding, i) => [finding, ofTables[i]!]));
  const idOf = new Map(findings.map((finding, i) => [finding, datasetOf.get(found[i]!)]));

  for (const slice of slices(
    findings,
    tx.batchSize,
    (finding) => finding.message.length + (finding.cause?.length ?? 0),
  )) {
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
      text((finding) => finding.cause),
      text((finding) => (finding.table === null ? finding.schema : null)),
      text((finding) => finding.object),
    ]);
  }
  for (const slice of slices(datasets, tx.batchSize)) {
    await tx.query(markJudged(tx.s), [run, numberArray(slice)]);
    await tx.query(markGoneJudged(tx.s), [run, numberArray(slice)]);
  }
  if (judged.sources.length > 0) await tx.query(markInventoryJudged(tx.s), [run, judged.sources]);
  return findings;
}

function tableOf(finding: Finding): DatasetName {
  return { source: finding.source, schema: finding.schema ?? '', table: finding.table! };
}
