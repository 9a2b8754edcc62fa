import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { NETWORK, PORTS, REGISTRY } from '../machine/addresses.ts';
import type { Component } from '../machine/component.ts';
import { kubeconfigOf } from '../machine/identities.ts';
import { answersOk } from '../machine/probe.ts';

const environment = (
  settings: Readonly<Record<string, string>>,
  probesPort: number,
  offset: number,
): Readonly<Record<string, string>> => ({
  SYSTEM_NAMESPACE: 'tekton-pipelines',
  KUBERNETES_MIN_VERSION: 'v1.28.0',
  CONFIG_DEFAULTS_NAME: 'config-defaults',
  CONFIG_LOGGING_NAME: 'config-logging',
  CONFIG_OBSERVABILITY_NAME: 'config-observability',
  CONFIG_FEATURE_FLAGS_NAME: 'feature-flags',
  CONFIG_SPIRE: 'config-spire',
  METRICS_DOMAIN: 'tekton.dev/pipeline',
  PROBES_PORT: String(probesPort),
  METRICS_PROMETHEUS_PORT: String(19_090 + offset),
  PROFILING_PORT: String(18_008 + offset),
  ...settings,
});

export const tektonWebhook = (toolsDirectory: string): Component => ({
  name: 'tekton-webhook',
  command: join(toolsDirectory, 'webhook'),
  args: ['-kubeconfig', kubeconfigOf('tektonWebhook'), '-disable-ha'],
  env: environment(
    {
      CONFIG_LEADERELECTION_NAME: 'config-leader-election-webhook',
      WEBHOOK_SERVICE_NAME: 'tekton-pipelines-webhook',
      WEBHOOK_SECRET_NAME: 'webhook-certs',
      WEBHOOK_ADMISSION_CONTROLLER_NAME: 'webhook.pipeline.tekton.dev',
      WEBHOOK_PORT: String(PORTS.tektonWebhook),
      POD_NAME: 'webhook',
    },
    PORTS.tektonWebhookProbes,
    1,
  ),
});

/** What Tekton adds to pods; the names are those of its options and of the images. */
const STEP_IMAGES = ['entrypoint', 'nop', 'sidecarlogresults', 'workingdirinit', 'shell'];

export const tektonController = (toolsDirectory: string): Component => ({
  name: 'tekton-controller',
  command: join(toolsDirectory, 'controller'),
  args: [
    `-kubeconfig=${kubeconfigOf('tektonController')}`,
    '-disable-ha',
    '-kube-api-qps=100',
    '-kube-api-burst=200',
    ...STEP_IMAGES.map((name) => `-${name}-image=${REGISTRY}/${name}:1`),
    `-shell-image-win=${REGISTRY}/none:1`,
  ],
  env: environment(
    { CONFIG_LEADERELECTION_NAME: 'config-leader-election-controller', POD_NAME: 'controller' },
    PORTS.tektonControllerProbes,
    2,
  ),
  ready: () => answersOk(`http://127.0.0.1:${PORTS.tektonControllerProbes}/readiness`),
});

export const tektonResolvers = (toolsDirectory: string): Component => ({
  name: 'tekton-resolvers',
  command: join(toolsDirectory, 'resolvers'),
  args: ['-kubeconfig', kubeconfigOf('tektonResolvers')],
  env: environment(
    {
      SYSTEM_NAMESPACE: 'tekton-pipelines-resolvers',
      METRICS_DOMAIN: 'tekton.dev/resolution',
      CONFIG_LEADERELECTION_NAME: 'config-leader-election-resolvers',
      TEKTON_HUB_API: '',
      ARTIFACT_HUB_API: 'https://artifacthub.io/',
      POD_NAME: 'resolvers',
    },
    PORTS.tektonResolversProbes,
    3,
  ),
  ready: () => answersOk(`http://127.0.0.1:${PORTS.tektonResolversProbes}/readiness`),
});

/** The files of a Tekton release that are applied unchanged; its Deployments run as processes of the host instead. */
interface TektonManifests {
  readonly namespace: string;
  readonly base: readonly string[];
  readonly webhooks: string;
  readonly resolvers: readonly string[];
}

export const tektonManifests = async (toolsDirectory: string): Promise<TektonManifests> => {
  const directory = join(toolsDirectory, 'config');
  const yaml = async (folder: string): Promise<readonly string[]> =>
    (await readdir(join(directory, folder)))
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(directory, folder, name));
  const top = await yaml('.');
  const base = top.filter((file) => /\/(?:20[01]-|clusterrole-|config-)[^/]*$/.test(file));
  const resolvers = await yaml('resolvers');
  return {
    namespace: join(directory, '100-namespace'),
    base: [...base, ...(await yaml('300-crds'))],
    webhooks: join(directory, '500-webhooks.yaml'),
    resolvers: resolvers.filter((file) => !/resolvers-(?:deployment|service)\.yaml$/.test(file)),
  };
};

/** The name by which the API server reaches the webhook: a Service whose one endpoint is this machine. */
export const tektonWebhookService = (): readonly object[] => {
  const namespace = 'tekton-pipelines';
  const service = 'tekton-pipelines-webhook';
  const port = 'https-webhook';
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: service, namespace },
      spec: { ports: [{ name: port, port: 443, targetPort: PORTS.tektonWebhook }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${service}-local`, namespace, labels: { 'kubernetes.io/service-name': service } },
      addressType: 'IPv4',
      ports: [{ name: port, port: PORTS.tektonWebhook, protocol: 'TCP' }],
      endpoints: [{ addresses: [NETWORK.nodeAddress], conditions: { ready: true } }],
    },
  ];
};
