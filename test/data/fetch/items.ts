import type { Item } from '../../support/tree/item.ts';

export const dir = (path: string, more: Partial<Item> = {}): Item => ({ path, type: 'directory', ...more });
export const file = (path: string, content: string | Buffer, more: Partial<Item> = {}): Item => ({
  path,
  type: 'file',
  content,
  ...more,
});
export const link = (path: string, target: string): Item => ({ path, type: 'symlink', target });

export const ITEMS: readonly Item[] = [
  dir('a', { mode: 0o750, mtimeSec: 1_200_000_000, mtimeNs: 123_456_000 }),
  file('a/empty', ''),
  file('a/run', '#!/bin/sh\n', { mode: 0o4755, mtimeNs: 999_999_000 }),
  file('a/sealed', 'no bits', { mode: 0 }),
  file('a.b', 'sorts after a/'),
  dir('locked', { mode: 0o555 }),
  file('locked/in', 'inside'),
  dir('empty', { mode: 0o1777, mtimeSec: -5 }),
  file('big', Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251))),
  file('late', 'after the big one'),
  file('n\xff\xfe\nname', 'not UTF-8'),
  link('up', '../../etc/passwd'),
  link('nowhere', '/does/not/exist'),
  { path: 'same', type: 'hardlink', target: 'a/run' },
];
