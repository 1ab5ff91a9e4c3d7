export { createSeriesJudge, judgeSeries } from './create-judge.js';
export { DEFAULT_JUDGE_SETTINGS, type JudgeSettings } from './settings.js';
