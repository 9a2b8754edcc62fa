import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { provideSampleImage } from '../image/sample-images.ts';
import { openKubeApi } from '../kube/kube-api.ts';
import { openLocalCluster } from './cluster.ts';
import { DIRECTORIES, FILES } from './machine/directories.ts';
import { down } from './down.ts';
import { isIsolationAlive } from './machine/isolation.ts';
import { readState, writeState } from './state.ts';
import { up } from './up.ts';

const USAGE = `npm run cluster -- COMMAND

  up [--nodes 1|2] [--resolvers]               start a local Kubernetes with Tekton, or leave it running
     [--tekton oldest]                         with the oldest Tekton that an installation may have
  up --kubeconfig FILE --registry HOST:PORT    use a cluster that exists already, and a registry that both sides reach
  status                                       what runs, and where
  down                                         remove the local cluster, or forget the existing one`;

const say = (line: string): void => console.error(line);

const status = async (): Promise<void> => {
  const state = await readState();
  if (!state) {
    say('No cluster. "npm run cluster -- up" starts one.');
    process.exitCode = 1;
    return;
  }
  if (state.local && !isIsolationAlive()) {
    say('The local cluster has crashed. "npm run cluster -- up" starts it anew, "npm run cluster -- down" cleans up.');
    process.exitCode = 1;
    return;
  }
  const api = openKubeApi(state.kubeconfig);
  const nodes = await api.list({ apiVersion: 'v1', kind: 'Node' });
  const { body } = await api.request({ method: 'GET', path: '/version' });
  api.close();
  console.log(
    `Kubernetes  ${/"gitVersion":\s*"(?<version>[^"]+)"/.exec(body)?.groups?.['version'] ?? 'of unknown version'}`,
  );
  console.log(`nodes       ${nodes.map(({ metadata }) => metadata.name).join(' ')}`);
  console.log(`kubeconfig  ${state.kubeconfig}`);
  console.log(`registry    ${state.registry.host} (from pods: ${state.registry.pods})`);
  if (state.local) console.log(`logs        ${state.local.logs}`);
  console.log(`state       ${FILES.state}`);
};

const useExisting = async (kubeconfig: string, registry: string): Promise<void> => {
  if (!existsSync(kubeconfig)) throw new Error(`There is no file ${kubeconfig}.`);
  if (isIsolationAlive()) throw new Error('The local cluster is running. "npm run cluster -- down" removes it.');
  await down();
  // The other images of the bench belong to its own Tekton.
  await provideSampleImage('shell', registry);
  await mkdir(DIRECTORIES.root, { recursive: true });
  await writeState({ kubeconfig, kubeconfigs: { admin: kubeconfig }, registry: { host: registry, pods: registry } });
};

const addSecondNode = async (): Promise<void> => {
  const cluster = await openLocalCluster();
  await cluster?.secondNode.on();
  cluster?.close();
};

const isOneOf = (known: readonly (string | undefined)[], value: string | undefined): boolean => known.includes(value);

const run = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: 'string', default: '1' },
      resolvers: { type: 'boolean', default: false },
      kubeconfig: { type: 'string' },
      registry: { type: 'string' },
      tekton: { type: 'string' },
    },
  });
  const [command] = positionals;
  if (command === 'up' && values.kubeconfig !== undefined) {
    if (values.registry === undefined) throw new Error('--kubeconfig needs --registry HOST:PORT.');
    await useExisting(resolve(values.kubeconfig), values.registry);
    await status();
  } else if (command === 'up' && isOneOf(['1', '2'], values.nodes) && isOneOf(['oldest', undefined], values.tekton)) {
    await up({ resolvers: values.resolvers, tekton: values.tekton === 'oldest' ? 'tekton-oldest' : undefined }, say);
    if (values.nodes === '2') await addSecondNode();
    await status();
  } else if (command === 'status') {
    await status();
  } else if (command === 'down') {
    await down();
  } else {
    say(USAGE);
    process.exitCode = 2;
  }
};

await run().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
