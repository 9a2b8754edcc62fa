import { parseArgs } from 'node:util';

import { runCommand } from '../command.ts';
import { until } from '../deadline.ts';
import { clusterImages } from '../image/cluster-images.ts';
import { pushImage } from '../image/push.ts';
import { missingOf, readUpstreams } from '../mirror/upstreams.ts';
import { isTekton, toolSet } from '../prerequisites/go-tools.ts';
import { API_SERVER_URL, MIRROR, NETWORK, REGISTRY, REGISTRY_FROM_PODS } from './machine/addresses.ts';
import { writeCertificates } from './machine/certificates.ts';
import { logOf, startComponent } from './machine/component.ts';
import { apiServer } from './components/api-server.ts';
import { controllerManager } from './components/controller-manager.ts';
import { dns, dnsManifests } from './components/dns.ts';
import { etcd } from './components/etcd.ts';
import { kubeProxy } from './components/kube-proxy.ts';
import { mirror } from './components/mirror.ts';
import { registry } from './components/registry.ts';
import { scheduler } from './components/scheduler.ts';
import { volumePool } from './components/volume-pool.ts';
import { DIRECTORIES, FILES } from './machine/directories.ts';
import { identityNames, kubeconfigOf, tokenOf, writeIdentities } from './machine/identities.ts';
import { installTekton } from './tekton/install-tekton.ts';
import { applyAll } from './tekton/kubectl.ts';
import { startKubelet, startRuntime } from './node/node.ts';
import { nodeDirectories } from './node/node-directories.ts';
import { probe } from './machine/probe.ts';
import { writeState } from './state.ts';
import { createVolumes } from './node/volumes.ts';

/**
 * Starts all processes of the cluster and ends when they are ready. It runs inside of the cluster's namespaces,
 * where whatever it leaves behind belongs to the cluster.
 */

const started = Date.now();
const report = (line: string): void => console.log(`${((Date.now() - started) / 1000).toFixed(1)} s  ${line}`);

const startBridge = async (): Promise<void> => {
  await runCommand('ip', ['link', 'add', NETWORK.bridge, 'address', NETWORK.bridgeHardwareAddress, 'type', 'bridge']);
  await runCommand('ip', ['address', 'add', `${NETWORK.nodeAddress}/24`, 'dev', NETWORK.bridge]);
  await runCommand('ip', ['link', 'set', NETWORK.bridge, 'up']);
};

const startRegistry = async (tektonTools: string): Promise<void> => {
  await startComponent(registry());
  const images = await clusterImages(tektonTools, report);
  await Promise.all([...images].map(([name, layout]) => pushImage(layout, `${REGISTRY}/${name}:1`)));
  report('registry with the images of the cluster');
};

const startMirror = async (): Promise<void> => {
  const upstreams = await readUpstreams();
  for (const missing of missingOf(upstreams)) report(`the mirror is without packages: ${missing}`);
  await startComponent(mirror(upstreams));
};

const startControlPlane = async (kubernetesTools: string): Promise<void> => {
  await startComponent(etcd());
  await startComponent(apiServer(kubernetesTools));
  report('API server');
  await Promise.all([
    startComponent(controllerManager(kubernetesTools)),
    startComponent(scheduler(kubernetesTools)),
    startComponent(kubeProxy(kubernetesTools)),
  ]);
};

/** A pod is refused in a namespace whose service account is not there yet. */
const waitForServiceAccount = async (): Promise<void> => {
  const token = await tokenOf('admin');
  const url = `${API_SERVER_URL}/api/v1/namespaces/default/serviceaccounts/default`;
  await until('the first service account', 30_000, async () => (await probe(url, token))?.status === 200);
};

const start = async (resolvers: boolean, tekton: string): Promise<void> => {
  if (!isTekton(tekton)) throw new Error(`There is no Tekton called ${tekton}.`);
  const kubernetesTools = await toolSet('kubernetes', report);
  const tektonTools = await toolSet(tekton, report);
  const dnsTools = await toolSet('dns', report);

  await Promise.all([startBridge(), writeCertificates(), writeIdentities()]);
  await Promise.all([startControlPlane(kubernetesTools), startRegistry(tektonTools), startRuntime('node1')]);

  await Promise.all([
    startKubelet(kubernetesTools, 'node1').then(() => report('node1')),
    waitForServiceAccount(),
    applyAll(kubernetesTools, [], [...dnsManifests(), ...(await createVolumes())]),
    startComponent(dns(dnsTools)),
    startMirror(),
    installTekton({ kubernetesTools, tektonTools, resolvers }).then(() => report('Tekton')),
  ]);
  await startComponent(volumePool());
  await writeState({
    apiServer: API_SERVER_URL,
    kubeconfig: kubeconfigOf('admin'),
    kubeconfigs: Object.fromEntries(identityNames.map((identity) => [identity, kubeconfigOf(identity)])),
    registry: { host: REGISTRY, pods: REGISTRY_FROM_PODS },
    local: {
      auditLog: FILES.auditLog,
      logs: DIRECTORIES.logs,
      registryLog: logOf('registry'),
      volumes: DIRECTORIES.volumes,
      podLogs: { node1: nodeDirectories('node1').podLogs, node2: nodeDirectories('node2').podLogs },
      mirror: MIRROR,
      mirrorLog: FILES.mirrorLog,
      hostAddress: NETWORK.nodeAddress,
      tools: { kubernetes: kubernetesTools, tekton: tektonTools },
      resolvers,
      tekton,
    },
  });
  report('ready');
};

const { values } = parseArgs({
  options: { resolvers: { type: 'boolean', default: false }, tekton: { type: 'string', default: 'tekton' } },
});
await start(values.resolvers, values.tekton);
