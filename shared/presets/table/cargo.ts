import type { Preset } from '../preset.ts';

export const CARGO: Preset = {
  name: 'cargo',
  title: 'Cargo',
  family: 'other',
  marks: [
    { files: ['Cargo.lock'], sure: true },
    { files: ['Cargo.toml'], sure: false, alone: true },
  ],
  caches: [
    {
      kind: 'downloads',
      usually: '~/.cargo',
      env: [{ name: 'CARGO_HOME', value: '{{cache}}/home', source: 'rust-lang/cargo src/doc/src/guide/cargo-home.md' }],
      files: ['**/Cargo.lock', '!**/target'],
      native: false,
      exclude: [
        'home/registry/src',
        'home/git/checkouts',
        'home/bin',
        'home/env*',
        'home/config*',
        'home/credentials*',
        'home/.crates*',
        'home/.package-cache*',
        'home/.global-cache*',
      ],
    },
    {
      kind: 'build',
      usually: 'target',
      env: [
        {
          name: 'CARGO_BUILD_BUILD_DIR',
          value: '{{cache}}/build',
          source: 'rust-lang/cargo src/doc/src/reference/build-cache.md',
        },
        {
          name: 'CARGO_INCREMENTAL',
          value: '0',
          source: 'rust-lang/cargo src/doc/src/reference/environment-variables.md',
        },
      ],
      files: ['**/Cargo.lock', '**/rust-toolchain*', '!**/target'],
      native: true,
      exclude: ['build/**/incremental'],
      comparesTimes: true,
      // Cargo reads the fingerprint of each unit of the graph in every build.
      eviction: { files: ['build/**'], unit: 'hash', usedBy: 'atime', markedEveryMs: 0 },
    },
  ],
  traps: [
    'Before Cargo 1.91 there is no CARGO_BUILD_BUILD_DIR: the build goes on in `target`, without its cache. CARGO_TARGET_DIR would move the programs as well, and scripts look for them in `target`.',
    'Cargo compares times: a fresh checkout builds the crates of the workspace again, those of the registry not. What another run left is made older than the checkout by the fetch, or Cargo would take it for fresh (ADR 84).',
    'A moved CARGO_HOME has no `config.toml` and no credentials of the home directory: put them into variables (CARGO_REGISTRIES_...).',
  ],
  sources: [
    'rust-lang/cargo src/doc/src/guide/cargo-home.md',
    'Swatinem/rust-cache README',
    'actions/cache examples.md "Rust - Cargo"',
  ],
  provedBy: 'test/presets/projects.ts',
};
