import { appendFileSync } from 'node:fs';
import { inject } from 'vitest';

/** The whole suite is what \`npm run test:faults\` runs; \`npm test\` runs the short form. */
export const WHOLE = process.env.FAULTS === 'whole';

/** What came of one fault. */
export interface Outcome {
  readonly survived: boolean;
  readonly lost: number;
  readonly doubled: number;
  readonly hung: number;
}

/** Adds a fault to what the closing line counts. */
export function record({ survived, lost, doubled, hung }: Outcome): void {
  appendFileSync(inject('faultTally'), `${JSON.stringify({ survived, lost, doubled, hung })}\n`);
}
