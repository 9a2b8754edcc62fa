import { GIB } from '../preset.ts';
import type { Preset } from '../preset.ts';

/** Nothing in the sources says that a build uses one of these. */
export const COMPILERS: readonly Preset[] = [
  {
    name: 'ccache',
    title: 'ccache',
    family: 'other',
    marks: [],
    caches: [
      {
        kind: 'build',
        usually: '~/.cache/ccache',
        env: [
          { name: 'CCACHE_DIR', value: '{{cache}}/ccache', source: 'ccache doc/manual.adoc' },
          { name: 'CCACHE_COMPILERCHECK', value: 'content', source: 'ccache doc/manual.adoc' },
          { name: 'CCACHE_BASEDIR', value: '{{source}}', source: 'ccache doc/manual.adoc' },
          { name: 'CCACHE_NOHASHDIR', value: '1', source: 'ccache doc/manual.adoc' },
          { name: 'CCACHE_MAXSIZE', value: '2G', source: 'ccache doc/manual.adoc' },
        ],
        files: [],
        native: true,
        exclude: ['ccache/tmp', 'ccache/**/*.lock', 'ccache/ccache.conf'],
        eviction: { files: ['ccache/?/**/*[RM]'], unit: 'file', usedBy: 'mtime', markedEveryMs: 0 },
        maxSize: 2 * GIB,
        trim: 'ccache --evict-older-than 14d --cleanup',
      },
    ],
    traps: [
      'By default the compiler is compared by its time, which another image changes: CCACHE_COMPILERCHECK=content.',
      'It changes with every build, so that every run uploads; what was sent before is not sent again.',
      'A `ccache.conf` in the directory is left out, as it may hold credentials (`remote_storage`): give settings by variables.',
    ],
    sources: ['ccache doc/manual.adoc'],
    provedBy: 'test/presets/projects.ts',
  },
  {
    name: 'sccache',
    title: 'sccache',
    family: 'other',
    marks: [],
    caches: [
      {
        kind: 'build',
        usually: '~/.cache/sccache',
        env: [
          { name: 'SCCACHE_DIR', value: '{{cache}}/sccache', source: 'mozilla/sccache docs/Configuration.md' },
          { name: 'SCCACHE_CACHE_SIZE', value: '2G', source: 'mozilla/sccache docs/Configuration.md' },
          { name: 'SCCACHE_BASEDIRS', value: '{{source}}', source: 'mozilla/sccache docs/Configuration.md' },
          { name: 'SCCACHE_IDLE_TIMEOUT', value: '0', source: 'mozilla/sccache docs/Configuration.md' },
          { name: 'CARGO_INCREMENTAL', value: '0', source: 'mozilla/sccache README "Known Caveats"' },
        ],
        files: [],
        native: true,
        exclude: [],
        eviction: { files: ['sccache/?/?/**'], unit: 'file', usedBy: 'mtime', markedEveryMs: 0 },
        maxSize: 2 * GIB,
        trim: 'sccache --stop-server',
      },
    ],
    traps: [
      'Stop the server before the upload. One server at a time for a directory.',
      'RUSTC_WRAPPER=sccache is not set by the preset: a build without sccache would fail.',
      'bin, dylib, cdylib and proc-macro crates and incremental builds are never kept.',
    ],
    sources: [
      'mozilla/sccache docs/Configuration.md',
      'mozilla/sccache docs/Local.md',
      'mozilla/sccache README "Known Caveats"',
    ],
    provedBy: 'test/presets/projects.ts',
  },
];
