import { GIB } from '../preset.ts';
import type { Preset } from '../preset.ts';

export const GO: Preset = {
  name: 'go',
  title: 'Go',
  family: 'other',
  marks: [{ files: ['go.mod'], sure: true }],
  caches: [
    {
      kind: 'downloads',
      usually: '~/go/pkg/mod',
      env: [{ name: 'GOMODCACHE', value: '{{cache}}/mod', source: 'go help environment' }],
      files: ['**/go.sum', '**/go.mod', '**/go.work{,.sum}', '!**/vendor', '!**/testdata'],
      native: false,
      exclude: ['mod/cache/lock', 'mod/cache/download/**/*.lock'],
    },
    {
      kind: 'build',
      usually: '~/.cache/go-build',
      env: [{ name: 'GOCACHE', value: '{{cache}}/build', source: 'go help environment' }],
      files: ['**/go.sum', '**/go.mod', '**/go.work{,.sum}', '!**/vendor', '!**/testdata'],
      native: true,
      exclude: ['build/fuzz'],
      // README, trim.txt and fuzz are of another kind.
      eviction: { files: ['build/??/*-[ad]'], unit: 'file', usedBy: 'mtime', markedEveryMs: 60 * 60 * 1000 },
      maxSize: 2 * GIB,
    },
  ],
  traps: [
    'Module directories are read-only (0555): who else than the fetch has to write into them or delete them needs `GOFLAGS=-modcacherw`.',
    'Results of tests are in the build cache too: `go test -count=1` where they are not wanted.',
    'Go does not notice that a C library of cgo changed: the image of the steps is in the key.',
    'Go deletes by itself what the build cache has not used for five days.',
  ],
  sources: ['go help cache', 'go help environment', 'actions/setup-go src/cache-restore.ts'],
  provedBy: 'test/presets/projects.ts',
};
