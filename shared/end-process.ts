/** How a program ends whose work is done. */

/** So long something may keep the process that nobody waits for, such as work that does not stop when it is told to. */
const LINGER_MS = 500;

/**
 * Lets the process end by itself, with the code. `process.exit` waits for the threads of V8, and one of those may wait until this thread collects garbage:
 * then neither goes on, and a step that was done never ends. See https://github.com/nodejs/node/issues/54918.
 */
export function endProcess(code: number): void {
  const end = (): void => process.exit(code);
  process.exitCode = code;
  // The result is told: no error that comes now makes another one of it, nor does a signal.
  process.on('uncaughtException', () => {});
  process.on('SIGTERM', end).on('SIGINT', end);
  // Unlike in the moment that the work ends, V8 has nothing left to compile then. Who reads the output slowly gets all of it.
  setTimeout(() => {
    if (process.stdout.writableLength === 0) end();
    else process.stdout.write('', end);
  }, LINGER_MS).unref();
}
