/** What an install has made, whichever tool it was: lockfiles in there are those of the packages. */
export const INSTALLED_DIRECTORIES: readonly string[] = [
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

/** Where `auto` looks for no project: those are somebody else's, or no part of the build. Who has one in there names the preset. */
export const FOREIGN_DIRECTORIES: readonly string[] = [
  ...INSTALLED_DIRECTORIES,
  'vendor',
  'testdata',
  'fixtures',
  '__fixtures__',
];
