import type { Finding } from '../model/finding.js';
import type { SourceHistory, TableHistory } from '../model/history.js';
import type { CheckSettings } from './settings.js';

/** One rule about a table: pure, says nothing where it does not know. */
export interface TableCheck {
  readonly name: string;
  judge(history: TableHistory, settings: CheckSettings): Finding[];
}

/** One rule about a source as a whole. */
export interface SourceCheck {
  readonly name: string;
  judge(history: SourceHistory, settings: CheckSettings): Finding[];
}
