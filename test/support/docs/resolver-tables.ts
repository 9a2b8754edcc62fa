import { PARAMS } from '../../../shared/interface/params.ts';
import { knownNames, RESOLVER_PARAMS } from '../../../shared/rewrite/ask/resolver-params.ts';
import type { ResolverRow } from '../../../shared/rewrite/ask/resolver-params.ts';
import { RESOLVERS } from '../../../shared/rewrite/tekton/read/reference.ts';

/** The parts of docs/resolvers.md that come from the code, by the names in its marks. */
export const RESOLVER_TABLES: Readonly<Record<string, () => string>> = {
  resolvers: () => {
    const rows: readonly ResolverRow[] = RESOLVER_PARAMS;
    const lines = rows.map(({ name, resolvers, default: value, meaning }) => {
      const cells = [
        `\`${name}\``,
        resolvers.join(', '),
        value === undefined ? '' : `\`${value}\``,
        meaning.replaceAll('|', '\\|'),
      ];
      return `| ${cells.join(' | ')} |`;
    });
    return ['| name | resolver | default | meaning |', '|---|---|---|---|', ...lines, ''].join('\n');
  },
  shared: () => {
    const lines = RESOLVERS.map((resolver) => {
      const known = knownNames(resolver);
      const names = PARAMS.flatMap(({ name }) => (known.includes(name) ? [`\`${name}\``] : []));
      return `- \`${resolver}\`: ${names.join(', ')}`;
    });
    return [...lines, ''].join('\n');
  },
};
