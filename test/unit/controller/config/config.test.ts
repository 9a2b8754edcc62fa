import { expect } from 'chai';

import { readConfig } from '../../../../controller/config/config.ts';
import { defaultTargetOf, registryTokenOf } from '../../../../controller/config/registry.ts';
import { POD_TEMPLATE_FIELDS } from '../../../../controller/tekton/pod-template.ts';
import { CONFIG_TABLE } from '../../../../controller/config/table.ts';

describe('the configuration', () => {
  it('is complete without a ConfigMap', () => {
    const { config, problems } = readConfig({});
    expect(problems).to.deep.equal([]);
    expect(Object.keys(config)).to.deep.equal(Object.keys(CONFIG_TABLE));
    expect(config).to.include({
      schedulingDeadlineMs: 300_000,
      maxBytes: 50 * 2 ** 30,
      runAs: 'auto',
      compression: 'zstd',
    });
    expect(config.resources).to.deep.equal({ requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } });
  });

  it('reads every type', () => {
    const { config, problems } = readConfig({
      _example: 'for people',
      'run-as': '1001:0:1001',
      'pod-template': 'nodeSelector: {disk: ssd}\nenv: [{name: HTTPS_PROXY, value: "http://proxy:3128"}]',
      'insecure-registries': 'one:5000, two:5000\nthree:5000',
      'max-bytes': '1.5G',
      'start-deadline': '1m30s',
    });
    expect(problems).to.deep.equal([]);
    expect(config).to.deep.include({
      runAs: { uid: 1001, gid: 0, fsGroup: 1001 },
      podTemplate: { nodeSelector: { disk: 'ssd' }, env: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }] },
      insecureRegistries: ['one:5000', 'two:5000', 'three:5000'],
      maxBytes: 1_500_000_000,
      startDeadlineMs: 90_000,
    });
  });

  it('takes a bad value of `verify` for the strictest where no earlier one is known', () => {
    const { config, problems } = readConfig({ verify: 'Require' });
    expect(config.verify).to.equal('require');
    expect(problems.join()).to.contain('is not one of').and.contain('it counts as "require"');
    const known = readConfig({ verify: 'Require' }, readConfig({ verify: 'warn' }).config);
    expect(known.config.verify).to.equal('warn');
    expect(known.problems.join()).to.contain('it stays as it was');
  });

  for (const [key, bad, said] of [
    ['scheduling-deadline', 'soon', 'is not a duration'],
    ['scheduling-deadline', '0s', 'is not a duration'],
    ['max-bytes', '10 apples', 'is not a number of bytes'],
    ['max-files', '-1', 'is not a whole number'],
    ['compression', 'lzma', 'is not one of zstd, gzip'],
    ['run-as', 'nobody', 'is not uid[:gid[:fsGroup]]'],
    ['pod-template', '[a', 'is not YAML'],
    ['pod-template', 'volumes: []', 'is not one of its fields'],
    ['pod-template', 'env: {HTTPS_PROXY: http://proxy}', 'is not a list of variables'],
    ['pod-template', 'env: [HTTPS_PROXY=http://proxy]', 'is not a list of variables'],
    ['pod-template', 'nodeSelector: {ssd: true}', '`nodeSelector` is not a YAML mapping of texts'],
    ['pod-template', 'tolerations: {key: builds}', '`tolerations` is not a list'],
    ['pod-template', 'imagePullSecrets: [mirror]', '`imagePullSecrets` is not a list of YAML mappings'],
    ['pod-template', 'securityContext: root', '`securityContext` is not a YAML mapping'],
    ['pod-template', 'hostNetwork: "true"', '`hostNetwork` is not true or false'],
    ['pod-template', 'priorityClassName: 5', '`priorityClassName` is not a text'],
    ['resources', 'plenty', 'is not a YAML mapping'],
    ['resources', 'limits: [1Gi]', '`limits` is no YAML mapping'],
    ['resources', 'limits: {memory: 1Gii}', '`limits.memory`: "1Gii" is not a quantity'],
    ['resources', 'requests: {cpu: -1}', '`requests.cpu`: -1 is not a quantity'],
    ['resources', 'requests: {memroy: 1Gi}', '`requests.memroy` is no resource'],
    ['resources', '{requests: {memory: 2Gi}, limits: {memory: 1Gi}}', '`requests.memory` is above'],
    ['resources', 'limits: {memory: 32Mi}', '`limits.memory` is below the 64Mi'],
    ['insecure-registries', 'one:5000, https://two:5000', '"https://two:5000" is not the host[:port]'],
    ['insecure-registries', 'registry.example.com/team', 'is not the host[:port]'],
    ['default-target', 'registry.example.com/{{namspace}}:{{hash}}', 'did you mean `namespace`?'],
    ['default-target', 'https://registry.example.com/cache', 'is not an image reference'],
    ['default-target', 'registry.example.com/Cache:{{hash}}', 'is not an image reference'],
    ['image', 'registry.example.com/tekton-cache@sha256:12', 'is not an image reference'],
    ['image', 'docker://registry.example.com/tekton-cache', 'is not an image'],
    ['ca-bundle', 'Company_CA', 'is not a name of Kubernetes'],
    ['registry', 'registry.example.com/team', 'is not the host[:port] of a registry'],
    ['registry-realm', 'http://tokens.example.com/token', 'is not an address on https'],
    ['registry-ca', '/etc/ssl/ca.crt', 'no certificate in PEM'],
    ['registry', 'registry.example.com', 'no effect without the key "registry-realm"'],
    ['registry-realm', 'https://tokens.example.com/token', 'no effect without the key "registry"'],
    ['shceduling-deadline', '5m', 'scheduling-deadline'],
  ] as const) {
    it(`refuses ${key}: ${bad} with a sentence, keeps the last good value and takes the rest`, () => {
      const last = readConfig({ 'scheduling-deadline': '7m', 'max-files': '7' }).config;
      const { config, problems } = readConfig({ 'log-level': 'debug', 'max-files': '7', [key]: bad }, last);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.contain(key).and.to.contain(said);
      expect(config.logLevel).to.equal('debug');
      expect(config.maxFiles).to.equal(7);
      if (key === 'scheduling-deadline') expect(config.schedulingDeadlineMs).to.equal(420_000);
    });
  }

  it('takes what a value of these may be', () => {
    const { problems } = readConfig({
      resources:
        'requests: {cpu: .5, example.com/gpu: 1}\nlimits: {memory: 1e9, hugepages-2Mi: 4Mi}\nclaims: [{name: c}]',
      'default-target': 'oci://registry.example.com:5000/{{namespace}}/{{pipeline}}:{{workspace}}-{{hash}}',
      image: `127.0.0.1:5000/tekton-cache:0.1.0@sha256:${'0'.repeat(64)}`,
      'ca-bundle': 'company-ca.v2',
    });
    expect(problems).to.deep.equal([]);
    expect(readConfig({ image: '', 'default-target': '', 'ca-bundle': '', resources: '' }).problems).to.deep.equal([]);
    // As products with 1e-3 some of these are above what they equal.
    for (let thousandths = 1; thousandths <= 100; thousandths++) {
      const [short, long] = [`${thousandths}m`, `${thousandths / 1000}`];
      for (const [request, limit] of [
        [short, long],
        [long, short],
      ]) {
        const resources = `{requests: {cpu: ${request}}, limits: {cpu: ${limit}}}`;
        expect(readConfig({ resources }).problems, resources).to.deep.equal([]);
      }
    }
  });

  it('has the default for a bad value where no other is known, and says so', () => {
    const { config, problems } = readConfig({ 'max-pods': 'many' });
    expect(config.maxPods).to.equal(100);
    expect(problems.join()).to.contain('it counts as "100"');
  });

  it('says of a key without a default that its bad value counts as absent', () => {
    expect(readConfig({ 'storage-max-bytes': 'much' }).problems.join()).to.contain('; it counts as absent');
    const { problems } = readConfig({ 'run-as': 'nobody' });
    expect(problems.join(), 'one sentence').not.to.contain('.;');
  });

  it('takes every field of a podTemplate', () => {
    const fields = {
      nodeSelector: '{disk: ssd}',
      tolerations: '[{key: builds}]',
      affinity: '{nodeAffinity: {}}',
      securityContext: '{fsGroup: 1}',
      runtimeClassName: 'gvisor',
      schedulerName: 'own',
      hostNetwork: 'false',
      hostUsers: 'true',
      dnsPolicy: 'ClusterFirst',
      dnsConfig: '{}',
      enableServiceLinks: 'false',
      priorityClassName: 'low',
      imagePullSecrets: '[{name: mirror}]',
      hostAliases: '[{ip: 10.0.0.1, hostnames: [r]}]',
      topologySpreadConstraints: '[]',
      env: '[{name: A, value: b}]',
    };
    expect(Object.keys(fields)).to.have.members([...POD_TEMPLATE_FIELDS, 'env']);
    for (const [name, value] of Object.entries(fields)) {
      expect(readConfig({ 'pod-template': `${name}: ${value}` }).problems, name).to.deep.equal([]);
      expect(readConfig({ 'pod-template': `${name}:` }).problems, name).to.deep.equal([]);
    }
  });

  it('quotes no document, as a proxy in it may have a password', () => {
    for (const text of [
      'env: [{name: HTTPS_PROXY, value: http://me:secret@proxy:3128}',
      'http://me:secret@proxy:3128',
    ]) {
      const { problems } = readConfig({ 'pod-template': text });
      expect(problems).to.have.length(1);
      expect(problems[0]).not.to.contain('secret');
    }
  });

  it('has a registry that nobody needs a secret for, and a target in it for runs that name none', () => {
    const data = { registry: 'r.tekton-cache.svc:5000', 'registry-realm': 'https://tokens.tekton-cache.svc/token' };
    const { config, problems } = readConfig(data);
    expect(problems).to.deep.equal([]);
    expect(registryTokenOf(config)).to.deep.equal({
      registry: 'r.tekton-cache.svc:5000',
      realm: 'https://tokens.tekton-cache.svc/token',
      tokenFile: '/tekton-cache/registry-token/token',
    });
    expect(registryTokenOf({ ...config, registryCa: 'PEM' })).to.include({ ca: 'PEM' });
    expect(registryTokenOf({ ...config, provenanceKeys: 'PEM' })).to.include({ publicKeys: 'PEM' });
    const target = 'r.tekton-cache.svc:5000/{{namespace}}/{{pipeline}}/{{workspace}}:{{hash}}';
    expect(defaultTargetOf(config)).to.equal(target);
    expect(defaultTargetOf({ ...config, defaultTarget: 'other/x' })).to.equal('other/x');
    const halves: readonly Record<string, string>[] = [
      { registry: data.registry },
      { 'registry-realm': data['registry-realm'] },
      {},
    ];
    for (const half of halves) {
      expect(registryTokenOf(readConfig(half).config)).to.equal(undefined);
      expect(defaultTargetOf(readConfig(half).config)).to.equal(undefined);
    }
  });

  it('has the default for a key that was taken away again', () => {
    const last = readConfig({ 'max-files': '7' }).config;
    expect(readConfig({}, last).config.maxFiles).to.equal(5_000_000);
  });
});
