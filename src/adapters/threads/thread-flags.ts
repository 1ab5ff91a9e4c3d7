/**
 * Piscina tries to `require` the entry before it imports it, and Node 20 aborts the whole process where a thread is ended in the
 * middle of requiring a module: a run that is stopped while its threads start would die of SIGABRT.
 */
const NO_REQUIRE_OF_MODULES = '--no-experimental-require-module';
/** Flags that a thread may be given by name; others it only inherits, and naming them is an error. */
const NAMEABLE = /^(?!-)|^--(?:conditions|import|require|enable-source-maps|no-warnings)(?:=|$)/;

/** Options of every pool of threads. */
export function threadFlags(): { readonly execArgv?: string[] } {
  const { execArgv, allowedNodeEnvironmentFlags } = process;
  const isKnown = allowedNodeEnvironmentFlags.has(NO_REQUIRE_OF_MODULES);
  return isKnown && execArgv.every((flag) => NAMEABLE.test(flag))
    ? { execArgv: [...execArgv, NO_REQUIRE_OF_MODULES] }
    : {};
}
