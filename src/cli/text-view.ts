import { type Io, writeLine } from './io.js';
import { describeLag } from './lag-message.js';
import type { Progress } from './render/progress.js';
import { renderSummary } from './render/summary.js';
import type { RunView } from './run-view.js';
import { terminal } from './terminal.js';

/** A run for people: progress on stderr while it goes on, the summary on stdout at its end. */
export function textView(io: Io, progress: Progress, options: { readonly quiet: boolean }): RunView {
  return {
    sourceDiscovered: (source, tables) => progress.sourceDiscovered(source, tables),
    sourceFailed: (source) => progress.sourceFailed(source),
    sourceLags(source, event) {
      if (event.type === 'waiting') progress.sourceWaits(source, `waiting: ${describeLag(event.lag)}`);
      else if (event.type === 'waited') progress.sourceWaits(source, null);
    },
    // The log's lines on the console tell of these.
    sourceLost() {},
    sourceRecovered() {},
    tableDone: ({ profile }) => progress.tableDone(profile.source),
    progress: (source, rows) => progress.addRows(source, rows),
    finding() {},
    incident() {},
    finish(summary, found, tally) {
      progress.finish();
      if (options.quiet) return;
      const input = { ...tally, ...found, figures: summary };
      writeLine(io.stdout, renderSummary(input, terminal(io)));
    },
  };
}
