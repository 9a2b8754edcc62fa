/**
 * A file system that refuses calls, as one does whose disk or network gives out: no real one does it at a call of one's choice. The calls of `node:fs`
 * are those of this process, with all of its modules, and of its main thread alone.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';

type Call = (...args: unknown[]) => unknown;

const CALLS = [
  'openSync,readSync,writeSync,writevSync,fsyncSync,fdatasyncSync,fstatSync,futimesSync,readFileSync,writeFileSync',
  'renameSync,mkdirSync,rmdirSync,unlinkSync,rmSync,symlinkSync,linkSync,readdirSync,lstatSync,statSync,readlinkSync',
  'realpathSync,chmodSync,fchmodSync,utimesSync,lutimesSync',
].flatMap((names) => names.split(','));

export interface Refusal {
  /** Calls that count: those on an open file, and those on a path for which this is true. */
  readonly counts: (path: string) => boolean;
  /** Number of the first call that is refused, from 1. */
  readonly at: number;
  /** All later ones as well. */
  readonly forGood: boolean;
  readonly code: string;
}

export interface Refused<T> {
  readonly result: PromiseSettledResult<T>;
  /** `renameSync PATH`; absent where there were not as many calls. */
  readonly call: string | undefined;
}

/** Does the work while calls are refused. */
export async function withRefusedCalls<T>(
  { counts, at, forGood, code }: Refusal,
  work: () => Promise<T>,
): Promise<Refused<T>> {
  const fs: Record<string, Call> = createRequire(import.meta.url)('node:fs');
  const real = new Map(CALLS.map((name) => [name, fs[name]] as const));
  let calls = 0;
  let call: string | undefined;
  for (const [name, original] of real) {
    if (original === undefined) throw new Error(`there is no ${name}`);
    const refusing: Call = (...args) => {
      const [target] = args;
      const path = Buffer.isBuffer(target) ? target.toString('latin1') : String(target);
      if (typeof target === 'number' || counts(path)) calls++;
      else return original(...args);
      if (calls !== at && !(forGood && calls > at)) return original(...args);
      call ??= `${name} ${path}`;
      throw Object.assign(new Error(`${code}: refused, ${name}`), { code, syscall: name });
    };
    fs[name] = Object.assign(refusing, original);
  }
  syncBuiltinESMExports();
  try {
    const [result] = await Promise.allSettled([work()]);
    return { result, call };
  } finally {
    for (const [name, original] of real) if (original !== undefined) fs[name] = original;
    syncBuiltinESMExports();
  }
}
