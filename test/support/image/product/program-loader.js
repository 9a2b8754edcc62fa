// Runs programs of the image: all modules are one script, and its bytecode lies beside it. Without that, with another Node, or when somebody changed the script, it is compiled as it runs.
const { readFileSync } = process.getBuiltinModule('node:fs');
const { Script } = process.getBuiltinModule('node:vm');
const { crc32 } = process.getBuiltinModule('node:zlib');

const directory = `${import.meta.dirname}/..`;
const top = new URL('../../', import.meta.url).href;

/**
 * Of the source V8 looks at the length alone: its sum is in the name, so that bytecode of another script is never run. A digest would take 4 ms more, as
 * `node:crypto` is not needed before the registry has answered.
 */
function bytecode(source) {
  try {
    return readFileSync(`${directory}/programs-${process.version}-${process.arch}-${crc32(source)}.cache`);
  } catch {
    return undefined;
  }
}

/** V8 refuses bytecode of another version of itself, or of other flags. The script is ASCII. */
function compile() {
  const source = readFileSync(`${directory}/programs.cjs`);
  return new Script(source.toString('latin1'), {
    // Its name is in the bytecode, and that has to be the same wherever the image is built.
    filename: 'programs.cjs',
    cachedData: bytecode(source),
  });
}

export const script = compile();
const modules = script.runInThisContext();

const loaded = new Map();
let requirePackage;

/** What a module exports, by its path below `app`. */
export function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const exports = {};
  loaded.set(name, exports);
  modules[name](exports, load, loadPackage, top + name);
  return exports;
}

/** A run with nothing to do needs nothing of these, or of `node:crypto` not at once: they load when something of them is asked for. */
const LATE = new Set(['node:crypto', 'node:dns', 'node:fs/promises', 'node:os']);

/** Also for who lists the names, as what stands for `await import()` does. A proxy may tell of names that its target lacks when they can be taken away. */
function late(load) {
  return new Proxy(
    {},
    {
      get: (_, name) => load()[name],
      has: (_, name) => name in load(),
      ownKeys: () => Reflect.ownKeys(load()),
      getOwnPropertyDescriptor: (_, name) => {
        const descriptor = Object.getOwnPropertyDescriptor(load(), name);
        return descriptor && { ...descriptor, configurable: true };
      },
    },
  );
}

function loadPackage(id) {
  if (LATE.has(id)) {
    let found;
    return late(() => (found ??= process.getBuiltinModule(id)));
  }
  const builtin = process.getBuiltinModule(id);
  if (builtin !== undefined) return builtin;
  requirePackage ??= process.getBuiltinModule('node:module').createRequire(import.meta.url);
  return requirePackage(id);
}
