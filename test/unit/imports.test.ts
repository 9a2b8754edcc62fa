import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect } from 'chai';

const ROOT = new URL('../../', import.meta.url);
const CLIENT = '@kubernetes/client-node';

interface Import {
  readonly file: string;
  /** A path from the root, or a package. */
  readonly of: string;
  readonly typeOnly: boolean;
}

interface Rule {
  /** A folder with its slash, or a file. */
  readonly unit: string;
  readonly may: readonly string[];
  readonly mayTypes: readonly string[];
}

/** `import x from 'y'`, `export * from 'y'`, `import 'y'`, `import('y')`. */
const IMPORT = /^(?:import|export)\s+(?:(type)\s+)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;

const FILES = globSync('{shared,controller}/**/*.ts', { cwd: ROOT.pathname }).sort();
const IMPORTS = FILES.flatMap(importsOf);
const RULES = readRules(readFileSync(new URL('docs/architecture.md', ROOT), 'utf8'));

function importsOf(file: string): Import[] {
  const text = readFileSync(new URL(file, ROOT), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, type, from, dynamic]) => {
    const name = from ?? dynamic ?? '';
    const of = name.startsWith('.') ? posix.join(posix.dirname(file), name) : name;
    return { file, of, typeOnly: type !== undefined };
  });
}

/** The first table of docs/architecture.md; the rooms of a folder have tables of their own. */
function readRules(text: string): Rule[] {
  const rows = (text.split('\n### ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
  const cells = rows.map((line) => line.split('|').map((cell) => cell.trim()));
  const units = cells.flatMap(([, unit = '']) => codes(unit));
  return cells.flatMap(([, unit = '', , may = '']) =>
    codes(unit).map((name) => ({
      unit: name,
      may: may.startsWith('types of ') ? [] : unitsOf(may, units),
      mayTypes: unitsOf(may, units),
    })),
  );
}

function codes(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code).flatMap(braces);
}

/** `a/{b,c}` is a/b and a/c. */
function braces(text: string): string[] {
  const [, before = '', inside, after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(text) ?? [];
  return inside === undefined ? [text] : inside.split(',').map((part) => before + part + after);
}

/** The units that a cell names by their last part, or by `everything in`. */
function unitsOf(cell: string, units: readonly string[]): string[] {
  const all = [...cell.matchAll(/everything in `(\w+)`/g)].map(([, folder = '']) => folder);
  const below = units.filter((unit) => all.some((folder) => unit.startsWith(`${folder}/`)));
  const named = codes(cell)
    .filter((name) => !all.includes(name))
    .filter((name) => name !== CLIENT)
    .flatMap((name) => {
      const found = units.filter(
        (unit) => unit.replace(/\/$|\.ts$/, '') === name || unit.split('/')[1]?.replace(/\.ts$/, '') === name,
      );
      expect(found, `\`${name}\` in docs/architecture.md`).to.have.length(1);
      return found;
    });
  return [...below, ...named];
}

function ruleOf(path: string): Rule | undefined {
  return RULES.find(({ unit }) => (unit.endsWith('/') ? path.startsWith(unit) : path === unit));
}

function within(path: string, units: readonly string[]): boolean {
  return units.some((unit) => (unit.endsWith('/') ? path.startsWith(unit) : path === unit));
}

type Arrow = readonly [from: string, to: string];

function contains(folder: string, inner: string): boolean {
  return folder === inner || inner.startsWith(`${folder}/`);
}

/** Each circle once, by the arrow that closes it in a walk from every node. */
function circles(arrows: readonly Arrow[]): string[] {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node);
    if (at >= 0) found.push([...path.slice(at), node].join(' -> '));
    if (at >= 0 || done.has(node)) return;
    for (const to of next.get(node) ?? []) visit(to, [...path, node]);
    done.add(node);
  };
  for (const node of next.keys()) visit(node, []);
  return found;
}

describe('imports', () => {
  it('are those of the table in docs/architecture.md', () => {
    const wrong = IMPORTS.filter(({ file, of, typeOnly }) => {
      if (!FILES.includes(of))
        return of.startsWith('shared/') || of.startsWith('controller/') || of.startsWith('test/');
      const rule = ruleOf(file);
      if (rule === undefined) return true;
      return !within(of, [rule.unit, ...(typeOnly ? rule.mayTypes : rule.may)]);
    });
    expect(wrong.map(({ file, of }) => `${file} imports ${of}`)).to.deep.equal([]);
  });

  it('cover every file by a row of that table', () => {
    expect(FILES.filter((file) => ruleOf(file) === undefined)).to.deep.equal([]);
    expect(
      RULES.filter(({ unit }) => !FILES.some((file) => within(file, [unit]))).map(({ unit }) => unit),
    ).to.deep.equal([]);
  });

  it('make no circle of files, types included', () => {
    expect(circles(IMPORTS.filter(({ of }) => FILES.includes(of)).map(({ file, of }) => [file, of]))).to.deep.equal([]);
  });

  it('make no circle of folders at any depth, types included', () => {
    const between = IMPORTS.filter(({ of }) => FILES.includes(of))
      .map(({ file, of }): Arrow => [posix.dirname(file), posix.dirname(of)])
      .filter(([from, to]) => !contains(from, to) && !contains(to, from));
    expect(circles(between)).to.deep.equal([]);
  });

  it('have no cycles between folders', () => {
    const below = new Map<string, Set<string>>();
    for (const { file, of, typeOnly } of IMPORTS) {
      const [from, to] = [ruleOf(file)?.unit, ruleOf(of)?.unit];
      if (typeOnly || from === undefined || to === undefined || from === to) continue;
      below.set(from, (below.get(from) ?? new Set()).add(to));
    }
    const reach = (unit: string, path: readonly string[]): string[] =>
      [...(below.get(unit) ?? [])].flatMap((next) =>
        path.includes(next) ? [[...path, next].join(' -> ')] : reach(next, [...path, next]),
      );
    expect([...below.keys()].flatMap((unit) => reach(unit, [unit]))).to.deep.equal([]);
  });

  it('leave the Kubernetes client to controller/kube; its types may be used in all of the controller', () => {
    const users = IMPORTS.filter(({ of }) => of === CLIENT || of.startsWith(`${CLIENT}/`));
    const wrong = users.filter(({ file, typeOnly }) => !file.startsWith(typeOnly ? 'controller/' : 'controller/kube/'));
    expect(wrong.map(({ file }) => file)).to.deep.equal([]);
  });

  it('are found at all', () => {
    expect(IMPORTS.length).to.be.greaterThan(FILES.length);
    expect(RULES.find(({ unit }) => unit === 'shared/helper/')?.may).to.include('shared/cache-key/');
  });
});
