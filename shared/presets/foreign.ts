/** What an install has made, whichever tool it was: lockfiles in there are those of the packages. */
const INSTALLED_DIRECTORIES: readonly string[] = [
  'node_modules',
  'venv',
  '.venv',
  'site-packages',
  '.tox',
  '.nox',
  '.terraform',
  '.terragrunt-cache',
  '.git',
];

/** Globs of what no hash of a preset counts. Gems that Bundler has put into the sources have lockfiles of other tools. */
export const NOT_HASHED: readonly string[] = [...INSTALLED_DIRECTORIES, 'vendor/bundle'].map((name) => `!**/${name}`);

/**
 * Directories in which `auto` looks for no project: they belong to others, or are no part of the build. A user with a project in there names the
 * preset.
 */
export const FOREIGN_DIRECTORIES: readonly string[] = [
  ...INSTALLED_DIRECTORIES,
  'vendor',
  'testdata',
  'fixtures',
  '__fixtures__',
];
