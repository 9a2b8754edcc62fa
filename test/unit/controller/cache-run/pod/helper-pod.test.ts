import { expect } from 'chai';

import { buildHelperPod, GRACE_S, podNameOf } from '../../../../../controller/cache-run/pod/helper-pod.ts';
import type { HelperPodPlan } from '../../../../../controller/cache-run/pod/helper-pod.ts';
import { workOf } from '../../../../../controller/cache-run/request/work.ts';
import { identityOf } from '../../../../../controller/identity.ts';
import { CUSTOM_RUN_KIND } from '../../../../../controller/tekton/run-kind.ts';
import { STOP_MS } from '../../../../../shared/request/protocol.ts';
import { config, customRun } from '../examples.ts';

const run = customRun({
  metadata: {
    labels: {
      'tekton.dev/pipelineRun': 'pr',
      'tekton.dev/pipelineTask': 'fetch',
      'app.kubernetes.io/instance': 'of-the-user',
      team: 'a',
    },
    annotations: { 'sidecar.istio.io/inject': 'true' },
  },
});
const plan = (differences: Partial<HelperPodPlan> = {}): HelperPodPlan => {
  const { request, volumes, mounts } = workOf(run, 'fetch', config);
  const identity = identityOf({ fallback: 'auto', rootAllowed: false });
  const resource = CUSTOM_RUN_KIND.resource;
  return {
    run,
    resource,
    attempt: 0,
    request,
    timeoutMs: 3_600_000,
    podTemplate: {},
    resources: config.resources,
    identity,
    volumes,
    mounts,
    config,
    ...differences,
  };
};
const containerOf = (differences: Partial<HelperPodPlan> = {}) => buildHelperPod(plan(differences)).spec.containers[0]!;
const env = (differences: Partial<HelperPodPlan> = {}) =>
  Object.fromEntries((containerOf(differences).env ?? []).map(({ name, value }) => [name, value]));

describe('name of a helper pod', () => {
  it('is a function of the UID and the attempt', () => {
    expect(podNameOf(run, 0)).to.equal(podNameOf(customRun({ metadata: { resourceVersion: '99' } }), 0));
    expect(podNameOf(run, 0)).to.not.equal(podNameOf(run, 1));
    expect(podNameOf(run, 0)).to.not.equal(podNameOf(customRun({ metadata: { uid: 'uid-2' } }), 0));
  });

  it('is a name, however long that of the run is', () => {
    const long = podNameOf(customRun({ metadata: { name: `${'a'.repeat(47)}.${'b'.repeat(15)}` } }), 0);
    expect(long)
      .to.match(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .and.to.have.length.at.most(63);
  });
});

describe('helper pod', () => {
  it('gets the token for the registry of the installation where its targets are there, and nowhere else', () => {
    const installation = {
      ...config,
      registry: 'registry.tekton-cache.svc:5000',
      registryRealm: 'https://tokens.tekton-cache.svc/token',
    };
    const params = [{ name: 'files', value: 'go.sum' }];
    const inIt = workOf(customRun({ spec: { params } }), 'fetch', installation);
    const { spec } = buildHelperPod(plan({ request: inIt.request, config: installation }));
    const token = { audience: 'tekton-cache', expirationSeconds: 600, path: 'token' };
    expect(spec.volumes).to.deep.include({
      name: 'registry-token',
      projected: { sources: [{ serviceAccountToken: token }] },
    });
    expect(spec.containers[0]?.volumeMounts).to.deep.include({
      name: 'registry-token',
      mountPath: '/tekton-cache/registry-token',
      readOnly: true,
    });
    expect(inIt.request.registryToken).to.include({ tokenFile: '/tekton-cache/registry-token/token' });
    expect(spec.automountServiceAccountToken).to.equal(false);

    const elsewhere = workOf(run, 'fetch', installation).request;
    expect(JSON.stringify(buildHelperPod(plan({ request: elsewhere, config: installation })))).to.not.match(
      /serviceAccountToken"|registryToken/,
    );
  });

  it('belongs to its run, in its namespace, under its service account, without a token', () => {
    const { metadata, spec } = buildHelperPod(plan());
    expect(metadata.namespace).to.equal('ns');
    expect(metadata.ownerReferences).to.deep.equal([
      {
        apiVersion: 'tekton.dev/v1beta1',
        kind: 'CustomRun',
        name: 'pr-fetch',
        uid: 'uid-1',
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(spec).to.include({
      serviceAccountName: 'default',
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
    });
    const named = buildHelperPod(plan({ run: customRun({ spec: { serviceAccountName: 'builder' } }) }));
    expect(named.spec.serviceAccountName).to.equal('builder');
  });

  it('has labels and deadlines that the API server takes, whatever its run has', () => {
    const name = `${'a'.repeat(62)}-rest`;
    const { metadata, spec } = buildHelperPod(
      plan({
        run: customRun({ metadata: { name } }),
        timeoutMs: Number.MAX_SAFE_INTEGER,
        request: { ...plan().request, maxTimeMs: 0 },
      }),
    );
    expect(metadata.labels?.['tekton.dev/customRun']).to.equal('a'.repeat(62));
    expect(spec.activeDeadlineSeconds).to.equal(2 ** 31 - 1);
  });

  it('has longer to end than the orderly stop of the helper takes', () => {
    const { terminationGracePeriodSeconds = 0 } = buildHelperPod(plan()).spec;
    expect(terminationGracePeriodSeconds * 1000).to.be.greaterThan(STOP_MS);
    expect(GRACE_S * 1000).to.be.greaterThan(STOP_MS);
  });

  it('has the labels of Tekton that people select by, none that others act on, and no annotation', () => {
    const { labels, annotations } = buildHelperPod(plan()).metadata;
    expect(labels).to.deep.equal({
      'tekton.dev/pipelineRun': 'pr',
      'tekton.dev/pipelineTask': 'fetch',
      'tekton.dev/customRun': 'pr-fetch',
      'app.kubernetes.io/managed-by': 'tekton-cache',
    });
    expect(annotations).to.equal(undefined);
  });

  it('is tied to the node of the affinity assistant, beside what the podTemplate wants', () => {
    const term = { labelSelector: { matchLabels: { app: 'x' } }, topologyKey: 'zone' };
    const annotations = { 'pipeline.tekton.dev/affinity-assistant': 'affinity-assistant-1234' };
    const podTemplate = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
    const { affinity } = buildHelperPod(plan({ run: customRun({ metadata: { annotations } }), podTemplate })).spec;
    expect(affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution).to.deep.equal([
      term,
      {
        labelSelector: {
          matchLabels: {
            'app.kubernetes.io/instance': 'affinity-assistant-1234',
            'app.kubernetes.io/component': 'affinity-assistant',
          },
        },
        topologyKey: 'kubernetes.io/hostname',
      },
    ]);
    expect(buildHelperPod(plan()).spec).to.not.have.property('affinity');
  });

  it('honours the podTemplate', () => {
    const podTemplate = {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'ci' }],
      priorityClassName: 'low',
      imagePullSecrets: [{ name: 'pull' }],
      enableServiceLinks: true,
    };
    expect(buildHelperPod(plan({ podTemplate })).spec).to.deep.include(podTemplate);
  });

  it('runs on Linux, also where the podTemplate puts builds on Windows', () => {
    const selected = (nodeSelector: Record<string, string>) =>
      buildHelperPod(plan({ podTemplate: { nodeSelector } })).spec.nodeSelector;
    expect(selected({ 'kubernetes.io/os': 'windows', disk: 'ssd' })).to.deep.equal({
      'kubernetes.io/os': 'linux',
      disk: 'ssd',
    });
    expect(selected({ 'kubernetes.io/os': 'linux' })).to.deep.equal({ 'kubernetes.io/os': 'linux' });
    expect(selected({ disk: 'ssd' })).to.deep.equal({ disk: 'ssd' });
  });

  it('has the variables of the podTemplate, but none that would change the program', () => {
    const podTemplate = {
      env: [
        { name: 'HTTPS_PROXY', value: 'http://proxy:3128' },
        { name: 'NODE_OPTIONS', value: '--require ./theirs.js' },
        { name: 'CACHE_REQUEST', value: '{}' },
      ],
    };
    const variables = env({ podTemplate });
    expect(variables).to.include({ HTTPS_PROXY: 'http://proxy:3128' });
    expect(JSON.parse(variables['CACHE_REQUEST'] ?? '')).to.include({
      verb: 'fetch',
      target: 'registry/cache:{{hash}}',
    });
    // A webhook may add it as well: what starts Node is without, wherever it is from.
    expect(containerOf({ podTemplate }).command?.join(' ')).to.match(/^\/usr\/bin\/env .*-u NODE_OPTIONS /);
  });

  it('hands on a request as it is, where Kubernetes would replace what is in it', () => {
    const params = [
      { name: 'target', value: 'registry/cache:{{hash}}' },
      { name: 'files', value: ['go.sum', '!*$py.class'] },
      { name: 'exclude', value: ['**/*$$Lambda*', 'a$$$b'] },
    ];
    const { request } = workOf(customRun({ spec: { params } }), 'fetch', config);
    const value = env({ request })['CACHE_REQUEST'] ?? '';
    // https://github.com/kubernetes/kubernetes/blob/v1.34.0/third_party/forked/golang/expansion/expand.go
    expect(JSON.parse(value.replaceAll('$$', () => '$'))).to.deep.equal(request);
    expect(request.exclude).to.deep.equal(['**/*$$Lambda*', 'a$$$b']);
  });

  it('has the resources that it is given', () => {
    expect(containerOf({ resources: { requests: { cpu: '2' } } }).resources).to.deep.equal({ requests: { cpu: '2' } });
  });

  it('ends by itself soon after the timeout, should nobody stop it', () => {
    expect(buildHelperPod(plan({ timeoutMs: 90_000 })).spec.activeDeadlineSeconds).to.equal(150);
    const endless = { ...plan().request, maxTimeMs: 0 };
    expect(buildHelperPod(plan({ timeoutMs: 0, request: endless })).spec).to.not.have.property('activeDeadlineSeconds');
  });

  it('ends by itself soon after max-time, should the helper hang', () => {
    const request = { ...plan().request, maxTimeMs: 20_000 };
    expect(buildHelperPod(plan({ request })).spec.activeDeadlineSeconds).to.equal(80);
    expect(buildHelperPod(plan({ request, timeoutMs: 0 })).spec.activeDeadlineSeconds).to.equal(80);
  });

  it('trusts the configured certificates where the namespace has them', () => {
    const { spec } = buildHelperPod(plan({ config: { ...config, caBundle: 'trusted-ca' } }));
    expect(spec.volumes).to.deep.include({ name: 'ca', configMap: { name: 'trusted-ca', optional: true } });
    expect(spec.containers[0]?.command).to.include('NODE_EXTRA_CA_CERTS=/tekton-cache/ca/ca-bundle.crt');
  });
});
