/**
 * Called before threads are started, which do the same then. The code of a fetch waits for the system, zlib and the digest, so that V8's last compiler
 * takes more from them than its code gives back: without it a cold fetch takes 0.9 of the time, and 8 MiB less (docs/adr/0079). So does an upload
 * that packs in one thread; with several it needs more memory without it. V8 looks at the flag each time that a function has run often.
 */
export function skipLastCompiler(): void {
  process.getBuiltinModule('node:v8').setFlagsFromString('--no-turbofan');
}
