import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect } from 'chai';

const ROOT = new URL('../../', import.meta.url);
/** The files of a room that a reader can hold in mind. */
const MOST_FILES = 14;
/** Names that say nothing of what is inside. */
const EMPTY_WORDS = ['utils?', 'helpers', 'managers?', 'common', 'misc'];
/** Kubernetes' own name. */
const KUBERNETES = 'controller-manager.ts';
const EMPTY = new RegExp(`(?:^|[/-])(?:${EMPTY_WORDS.join('|')})(?:[/.-]|$)`);

const FILES = globSync('{shared,controller,test/support,test/runner}/**/*.{ts,md}', { cwd: ROOT.pathname }).sort();
const SOURCES = FILES.filter((file) => file.endsWith('.ts'));
const ROOMS = Map.groupBy(SOURCES, (file) => posix.dirname(file));

describe('rooms', () => {
  it('have an opening page each', () => {
    const pages = new Set(
      FILES.filter((file) => posix.basename(file) === 'README.md').map((file) => posix.dirname(file)),
    );
    // A room of one or two files is told of by the page above it.
    const large = [...ROOMS].filter(([, files]) => files.length > 2).map(([room]) => room);
    expect(large.filter((room) => !pages.has(room))).to.deep.equal([]);
    expect(large.length).to.be.greaterThan(50);
  });

  it('name in their opening page files and folders that exist', () => {
    const wrong = FILES.filter((file) => file.endsWith('.md')).flatMap((page) => {
      const room = posix.dirname(page);
      const text = readFileSync(new URL(page, ROOT), 'utf8');
      const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target);
      const names = [...text.matchAll(/^\| ((?:\[?`[^|]*`(?:\]\([^)]*\))?(?:, )?)+) \|/gm)]
        .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
        .filter((name) => /^[\w/-]+(?:\.ts|\.js|\.sh|\/)$/.test(name));
      const found = (path: string): boolean => globSync(posix.join(room, path), { cwd: ROOT.pathname }).length > 0;
      return [...links, ...names].filter((path) => !found(path)).map((path) => `${page}: ${path}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('are small', () => {
    expect([...ROOMS].filter(([, files]) => files.length > MOST_FILES).map(([room]) => room)).to.deep.equal([]);
  });

  it('and files have names that say what is inside', () => {
    expect(SOURCES.filter((file) => EMPTY.test(file) && posix.basename(file) !== KUBERNETES)).to.deep.equal([]);
  });
});
