import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { Outcome } from './tally.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** File with one line of JSON (\`Outcome\`) for each fault that was tried. */
    faultTally: string;
  }
}

/** Sums up all fault files in one closing line. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-faults-'));
  const file = join(folder, 'tally');
  project.provide('faultTally', file);
  return () => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    const outcomes = lines.map((line) => JSON.parse(line) as Outcome);
    const sum = (field: 'lost' | 'doubled' | 'hung') => outcomes.reduce((total, outcome) => total + outcome[field], 0);
    const survived = outcomes.filter((outcome) => outcome.survived).length;
    console.log(
      `faults tried ${outcomes.length}, survived ${survived}, rows lost ${sum('lost')}, rows doubled ${sum('doubled')}, hung ${sum('hung')}`,
    );
    rmSync(folder, { recursive: true, force: true });
  };
}
