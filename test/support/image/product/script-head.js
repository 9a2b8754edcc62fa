// What the modules of the script have in common. esbuild would give each of them functions of its own, and a copy of its exports.
const __export = (target, all) => {
  for (const name in all) Object.defineProperty(target, name, { get: all[name], enumerable: true });
};
/** A module of Node or of a package, for who imports its names and its default. */
const __toESM = (mod, isNodeMode) => {
  const target = Object.create(Object.getPrototypeOf(mod));
  if (isNodeMode || !mod.__esModule) Object.defineProperty(target, 'default', { value: mod, enumerable: true });
  for (const name of Object.getOwnPropertyNames(mod)) {
    if (Object.hasOwn(target, name)) continue;
    const { enumerable } = Object.getOwnPropertyDescriptor(mod, name);
    Object.defineProperty(target, name, { get: () => mod[name], enumerable });
  }
  return target;
};
