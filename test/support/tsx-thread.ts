/** `--import tsx` itself does nothing in a worker thread of Node 20. */
const REGISTER_TSX = `import { register } from '${import.meta.resolve('tsx/esm/api')}'; register();`;

/** `execArgv` of a `Worker` whose entry is TypeScript. */
export const TSX_THREAD = [
  '--import',
  `data:text/javascript,${encodeURIComponent(REGISTER_TSX)}`,
  '--conditions',
  '@sentinel/source',
];
