import { PARAMS } from '../../../shared/interface/params.ts';
import { knownNames, RESOLVER_PARAMS } from '../../../shared/rewrite/ask/resolver-params.ts';
import type { ResolverRow } from '../../../shared/rewrite/ask/resolver-params.ts';
import { RESOLVERS } from '../../../shared/rewrite/tekton/read/reference.ts';
import { code, markdownTable } from './markdown-table.ts';

/** The parts of docs/resolvers.md that come from the code, by the names in its marks. */
export const RESOLVER_TABLES: Readonly<Record<string, () => string>> = {
  resolvers: () => {
    const rows: readonly ResolverRow[] = RESOLVER_PARAMS;
    return markdownTable(
      ['name', 'resolver', 'default', 'meaning'],
      rows.map(({ name, resolvers, default: value, meaning }) => [
        code(name),
        resolvers.join(', '),
        value === undefined ? '' : code(value),
        meaning,
      ]),
    );
  },
  shared: () => {
    const lines = RESOLVERS.map((resolver) => {
      const known = knownNames(resolver);
      const names = PARAMS.flatMap(({ name }) => (known.includes(name) ? [code(name)] : []));
      return `- ${code(resolver)}: ${names.join(', ')}`;
    });
    return [...lines, ''].join('\n');
  },
};
