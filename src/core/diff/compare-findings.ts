import type { Finding } from '../model/finding.js';

export interface FindingDifferences {
  /** The second run found them, the first did not. */
  readonly appeared: readonly Finding[];
  /** The other way round. */
  readonly disappeared: readonly Finding[];
}

/** Findings are the same where they are of the same check on the same series. */
export function compareFindings(before: readonly Finding[], after: readonly Finding[]): FindingDifferences {
  const [was, is] = [new Set(before.map(keyOf)), new Set(after.map(keyOf))];
  return {
    appeared: after.filter((finding) => !was.has(keyOf(finding))),
    disappeared: before.filter((finding) => !is.has(keyOf(finding))),
  };
}

function keyOf({ source, schema, table, column, object, metric, check }: Finding): string {
  return JSON.stringify([source, schema, table, column, object, metric, check]);
}
