/** What a program asked of the API server, and what its manifests let it, as `get tekton.dev/taskruns`. */
import { readObjects } from '../product/yaml-files.ts';
import type { Received } from './api-server.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What a question to the API server needs. */
export function rightOf({ method, path, query }: Received): string {
  const [, group = '', , rest = ''] =
    /^\/api(?:s\/([^/]+))?\/(v[^/]+)\/(?:namespaces\/[^/]+\/(?=.))?(.*)$/.exec(path) ?? [];
  const [resource = '', name, part] = rest.split('/');
  const reading = query.get('watch') === 'true' ? 'watch' : name === undefined ? 'list' : 'get';
  const verb = { GET: reading, POST: 'create', PATCH: 'patch', DELETE: 'delete' }[method] ?? method;
  return `${verb} ${group}/${resource}${part === undefined ? '' : `/${part}`}`;
}

/** Which resources a group has. Every account may ask that. */
export const isDiscovery = ({ path }: Received): boolean => /^\/apis?(?:\/[^/]+)?\/v[^/]+$/.test(path);

/** What the rules of one account in a file allow, of all of its Roles and ClusterRoles. */
export async function rightsIn(file: string): Promise<readonly string[]> {
  return (await readObjects(file)).flatMap(({ rules = [] }) =>
    (rules as readonly Rule[]).flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((name) => verbs.map((verb) => `${verb} ${group}/${name}`))),
    ),
  );
}

/** A kubeconfig that leads to a server without certificates. */
export const kubeconfigFor = (server: string): string =>
  JSON.stringify({
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'x', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  });
