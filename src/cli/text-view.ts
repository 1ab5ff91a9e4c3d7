import type { AlertPlan } from '#src/core/incidents/alert-plan.js';
import { type Io, writeLine } from './io.js';
import { describeLag } from './lag-message.js';
import { renderAlert } from './render/alert.js';
import type { Progress } from './render/progress.js';
import { renderSummary } from './render/summary.js';
import type { RunView } from './run-view.js';
import { terminal } from './terminal.js';

export interface TextViewOptions {
  readonly quiet: boolean;
  /** `AlertOptions.commands`. */
  readonly commands: boolean;
  /** Who looks after these tables. */
  readonly ownersOf: AlertPlan['ownersOf'];
}

/**
 * A run for people: progress on stderr while it goes on; at its end the summary on stdout and, last, a box where something needs
 * attention. Quiet: that box alone, on stderr.
 */
export function textView(io: Io, progress: Progress, options: TextViewOptions): RunView {
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
      const stream = options.quiet ? io.stderr : io.stdout;
      const look = terminal({ ...io, stdout: stream });
      const summaryText = options.quiet ? '' : renderSummary({ ...tally, ...found, figures: summary }, look);
      const { quiet: named, commands, ownersOf } = options;
      const alert = renderAlert(found.incidents, { ...look, named, commands, ownersOf });
      const parts = [summaryText, alert].filter((part) => part !== '');
      if (parts.length > 0) writeLine(stream, parts.join('\n\n'));
    },
  };
}
