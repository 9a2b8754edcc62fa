/** The directories of a workspace that an entry was made of. Without this check, a fetch of other directories would be a hit that restores nothing. */
const PATHS = 'cache.tekton.dev/paths';

/** Nothing for a whole workspace. */
export function pathsAnnotation(paths: readonly string[]): Readonly<Record<string, string>> {
  return paths.length === 0 ? {} : { [PATHS]: JSON.stringify(paths.toSorted()) };
}

/** Was the entry made of all of `wanted`? True for images that do not say what they were made of. */
export function holdsPaths(annotations: Readonly<Record<string, string>>, wanted: readonly string[]): boolean {
  const stored = parse(annotations[PATHS]);
  return (
    stored === undefined || wanted.every((path) => stored.some((made) => isWithin(path, made) || isWithin(made, path)))
  );
}

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

function parse(annotation: string | undefined): readonly string[] | undefined {
  if (annotation === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(annotation);
    return Array.isArray(value) ? value.filter((path) => typeof path === 'string') : undefined;
  } catch {
    return undefined;
  }
}
