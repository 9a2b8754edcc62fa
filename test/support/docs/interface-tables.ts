import { PARAMS } from '../../../shared/interface/params.ts';
import type { ParamRow } from '../../../shared/interface/params.ts';
import { BEST_TO_WORST, REASONS, RESULTS } from '../../../shared/interface/results/results.ts';
import type { ResultRow } from '../../../shared/interface/results/results.ts';
import { escapeValue } from '../../../shared/interface/text/escape-value.ts';
import { TEMPLATE_VARIABLES } from '../../../shared/request/template.ts';
import { KEY_SHELL, KEY_VECTORS } from '../../unit/cache-key/vectors.ts';
import { code, markdownTable } from './markdown-table.ts';

const SURFACES = { customrun: 'CustomRun', step: 'step', cli: 'command line', resolver: 'resolver' } as const;

const JOINS = {
  and: '`true` when it is for all',
  worst: 'the worst',
  sum: 'the sum',
  'of-worst': 'that of the one with the worst reason',
  common: 'the common one',
} as const;

const TYPES = {
  string: 'string',
  list: 'list',
  boolean: 'boolean',
  enum: '',
  duration: 'duration',
  bytes: 'bytes',
} as const;

/** The parts of docs/interface.md that come from the code, by the names in its marks. */
export const INTERFACE_TABLES: Readonly<Record<string, () => string>> = {
  params: () => {
    const rows: readonly ParamRow[] = PARAMS;
    return markdownTable(
      ['name', 'for', 'where', 'type', 'default', 'meaning'],
      rows.map(({ name, verbs, surfaces, type, values, default: value, meaning }) => [
        code(name),
        verbs.length === 2 ? 'both' : verbs.join(),
        surfaces.length === 4 ? 'everywhere' : surfaces.map((surface) => SURFACES[surface]).join(', '),
        values === undefined ? TYPES[type] : values.map(code).join(', '),
        value === undefined ? '' : code(value),
        meaning,
      ]),
    );
  },
  variables: () =>
    markdownTable(
      ['variable', 'value'],
      Object.entries(TEMPLATE_VARIABLES).map(([name, meaning]) => [code(`{{${name}}}`), meaning]),
    ),
  escapes: () =>
    markdownTable(
      ['value', 'written'],
      ['go-mod.v2', 'shared_data', 'MyTask', 'feature/x', 'a--b', 'é'].map((value) => [
        code(value),
        code(escapeValue(value)),
      ]),
    ),
  results: () => {
    const rows: readonly ResultRow[] = RESULTS;
    return markdownTable(
      ['name', 'of', 'before any work', 'of several caches', 'also for each cache', 'meaning'],
      rows.map(({ name, verbs, initial, join, perCache, meaning }) => [
        code(name),
        verbs.length === 2 ? 'both' : verbs.join(),
        initial === '' ? 'empty' : code(initial),
        JOINS[join],
        perCache === true ? code(`NAME-${name}`) : '',
        meaning,
      ]),
    );
  },
  reasons: () =>
    markdownTable(
      ['reason', 'rank', 'meaning'],
      BEST_TO_WORST.map((name, at) => [code(name), String(at + 1), REASONS[name]]),
    ),
  shell: () => ['```sh', KEY_SHELL.trimEnd(), '```', ''].join('\n'),
  vectors: () =>
    markdownTable(
      ['case', 'files below `source`', '`files`', 'hash'],
      KEY_VECTORS.map(({ name, tree, files, hash }) => [
        name,
        Object.entries(tree)
          .map(([path, content]) =>
            typeof content === 'string'
              ? `${code(path)} ${code(JSON.stringify(content))}`
              : `${code(path)} -> ${code(content.link)}`,
          )
          .join('<br>'),
        files.map(code).join(' '),
        hash === null ? 'none' : code(hash),
      ]),
    ),
};
