import type { Preset } from '../preset.ts';

/** In the order of who wins in one directory: a project that moved on to another tool often keeps the older lockfile. */
export const JAVASCRIPT: readonly Preset[] = [
  {
    name: 'pnpm',
    title: 'pnpm',
    family: 'javascript',
    marks: [{ files: ['pnpm-lock.yaml'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.local/share/pnpm/store',
        env: [
          { name: 'npm_config_store_dir', value: '{{cache}}/store', source: 'pnpm.io/npmrc (pnpm 10 and before)' },
          { name: 'pnpm_config_store_dir', value: '{{cache}}/store', source: 'pnpm.io/settings#storedir (pnpm 11)' },
          {
            name: 'pnpm_config_cache_dir',
            value: '{{cache}}/cache',
            source: 'pnpm/action-setup (pnpm 11 notes there which lockfiles it has verified)',
          },
        ],
        files: ['**/pnpm-lock.yaml', '!**/node_modules'],
        native: true,
        // Of pnpm's cache only `lockfile-verified.jsonl` is kept: what a registry says of its packages ages.
        exclude: ['store/**/*.db-{wal,shm}', 'cache/{v*,dlx,metadata*}'],
        trim: 'pnpm store prune',
      },
    ],
    traps: [
      'The store and `node_modules` on different volumes: files are copied, not linked.',
      'pnpm 11 has a database in its store: upload when no pnpm runs any more.',
      'pnpm 11 asks the registry about each package of a lockfile that it has not verified yet, also with `--frozen-lockfile`. That it has is noted in the cache: after an exact hit it asks nothing.',
      'What install scripts have compiled is in the store (`side-effects-cache`), told apart by system, architecture and major version of Node, not by libc: where images differ, give the param `image`.',
      '`storeDir` in `pnpm-workspace.yaml` wins over the variable (pnpm 10).',
      'A store that untrusted builds may write is a poisoned store; verifyStoreIntegrity does not help (pnpm docs). So is the note of what was verified.',
    ],
    sources: ['pnpm.io/settings', 'pnpm.io/continuous-integration', 'pnpm/action-setup'],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'yarn',
    title: 'Yarn, 1 and 2+',
    family: 'javascript',
    marks: [
      { files: ['yarn.lock', '.yarnrc.yml'], sure: true },
      { files: ['yarn.lock'], sure: true },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/yarn (1), ~/.yarn/berry/cache (2+)',
        env: [
          // The folder of a project stays where the project says: what is in git, and what the next task takes from the sources.
          {
            name: 'YARN_GLOBAL_FOLDER',
            value: '{{cache}}/yarn',
            source: 'yarnpkg.com/configuration/yarnrc (2+: its `cache`, or the mirror of a folder in the project)',
          },
          {
            name: 'npm_config_cache_folder',
            value: '{{cache}}/classic',
            source: 'classic.yarnpkg.com/docs/cli/config (1: it reads the settings of npm too, which 2+ does not)',
          },
        ],
        files: ['**/yarn.lock', '**/.yarnrc.yml', '!**/node_modules'],
        native: false,
        exclude: ['classic/**/.tmp', 'yarn/telemetry.json'],
      },
    ],
    traps: [
      '`.yarn/cache` in git (zero-install): there is nothing to cache, and `--immutable-cache` finds it where it is.',
      'With YARN_CACHE_FOLDER of its own, or with `cache-folder` in a `.yarnrc`, Yarn 1 keeps there what is not cached.',
      'npm warns of an unknown config `cache-folder`, where it runs in the same Task.',
      'Several processes of Yarn 1 on one cache need --mutex.',
    ],
    sources: [
      'yarnpkg.com/configuration/yarnrc',
      'classic.yarnpkg.com/docs/cli/cache',
      'actions/setup-node src/cache-utils.ts',
    ],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'bun',
    title: 'Bun',
    family: 'javascript',
    marks: [
      { files: ['bun.lock'], sure: true },
      { files: ['bun.lockb'], sure: true },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.bun/install/cache',
        env: [{ name: 'BUN_INSTALL_CACHE_DIR', value: '{{cache}}/bun', source: 'bun.sh/docs/install/cache' }],
        files: ['**/bun.lock', '**/bun.lockb', '!**/node_modules'],
        native: false,
        exclude: [],
      },
    ],
    traps: ['The cache and `node_modules` on different volumes: files are copied, not linked.'],
    sources: ['bun.sh/docs/install/cache', 'actions/cache examples.md "Bun"'],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'npm',
    title: 'npm',
    family: 'javascript',
    marks: [
      { files: ['package-lock.json'], sure: true },
      { files: ['npm-shrinkwrap.json'], sure: true },
    ],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.npm',
        env: [
          { name: 'npm_config_cache', value: '{{cache}}/npm', source: 'docs.npmjs.com/cli/using-npm/config#cache' },
        ],
        files: ['**/package-lock.json', '**/npm-shrinkwrap.json', '!**/node_modules'],
        native: false,
        exclude: ['npm/_logs', 'npm/_update-notifier-last-checked', 'npm/_cacache/tmp', 'npm/_npx'],
        trim: 'npm cache verify',
      },
    ],
    traps: [
      '`npm ci` removes `node_modules` first, so that the cache is what helps. Who caches `node_modules` may skip `npm ci` on an exact hit only, with the version of Node in the key.',
      'What a postinstall script downloads (Cypress, Playwright) is not in it, nor what `npx` installs: that may be compiled for one version of Node.',
      'npm keeps the headers of a request that the answer names in `Vary`: a registry of your own that says `Vary: Authorization` puts the token into the cache.',
      'What no lockfile names is asked for anew: with `prefer-offline` a build would keep to the versions that there were when the entry was made.',
    ],
    sources: [
      'docs.npmjs.com/cli/using-npm/config',
      'actions/cache examples.md "Node - npm"',
      'actions/setup-node src/cache-utils.ts',
    ],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'deno',
    title: 'Deno',
    family: 'other',
    marks: [{ files: ['deno.lock'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/deno',
        env: [{ name: 'DENO_DIR', value: '{{cache}}/deno', source: 'docs.deno.com/runtime/reference/env_variables' }],
        files: ['**/deno.lock', '!**/node_modules'],
        native: false,
        exclude: ['deno/dl', 'deno/*-{wal,shm}', 'deno/location_data'],
      },
    ],
    traps: ['`deno install --frozen` and `deno ci` fail on a stale lock.'],
    sources: ['docs.deno.com/runtime/reference/env_variables', 'docs.deno.com/examples/deno_github_actions'],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'playwright',
    title: 'Browsers of Playwright',
    family: 'other',
    marks: [{ files: ['playwright.config.{ts,js,mjs,cjs,mts,cts}'], sure: true }],
    caches: [
      {
        kind: 'downloads',
        usually: '~/.cache/ms-playwright',
        env: [
          { name: 'PLAYWRIGHT_BROWSERS_PATH', value: '{{cache}}/browsers', source: 'playwright.dev/docs/browsers' },
        ],
        files: [
          '**/{package-lock.json,npm-shrinkwrap.json,pnpm-lock.yaml,yarn.lock,bun.lock,bun.lockb,deno.lock}',
          '**/{uv.lock,poetry.lock,pdm.lock,Pipfile.lock,*requirements*.txt}',
          '!**/{node_modules,.venv}',
        ],
        native: true,
        exclude: ['browsers/.links', 'browsers/__dirlock'],
      },
    ],
    traps: [
      'Libraries of the system (`playwright install-deps`) are not in it: use an image that has them.',
      'The volume must allow programs to run.',
    ],
    sources: ['microsoft/playwright docs/src/ci.md'],
    provedBy: 'test/presets/indexed-projects.ts',
  },
];
