export { createSeriesJudge, judgeSeries } from './create-judge.js';
export type { SeriesJudge } from './series-judge.js';
export { DEFAULT_JUDGE_SETTINGS, type JudgeSettings, type MinimumEffect } from './settings.js';
