import { expect } from 'chai';
import { programCommand } from '../../../../shared/request/protocol.ts';
import { resolve } from '../../../../shared/rewrite/resolve.ts';
import type { JsonObject } from '../../../../shared/rewrite/json/json.ts';
import { isTask } from '../../../../shared/rewrite/tekton/read/schema.ts';
import { runOf, SETTINGS } from '../../../rewrite/case.ts';

describe('a step of ours', () => {
  const row = {
    about: '',
    resolver: 'cache' as const,
    params: {},
    run: { kind: 'TaskRun', workspaces: [{ name: 'w', emptyDir: {} }] },
  };
  const document = {
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name: 't' },
    spec: { workspaces: [{ name: 'w' }], steps: [{ name: 'own', image: 'busybox' }] },
  };
  const task = resolve({
    resolver: 'cache',
    params: { taskref: 't', workspaces: 'w', target: 'r/x' },
    run: runOf(row),
    document,
    settings: { ...SETTINGS, imagePullPolicy: 'Always', securityContext: { runAsUser: 0 } },
  });
  const [fetch] = isTask(task) ? (task.spec.steps ?? []) : [];

  it('runs the helper image with an explicit command, and memory of its own', () => {
    expect(fetch).to.deep.include({
      image: SETTINGS.image,
      imagePullPolicy: 'Always',
      command: programCommand('/app/shared/cli/tekton-cache.js'),
      computeResources: SETTINGS.resources,
      workingDir: '/',
    });
  });

  it('runs as the configuration says, where neither the Task nor the pod does', () => {
    expect(fetch?.securityContext).to.deep.equal({ runAsUser: 0 });
  });

  describe('where the namespace wants something of every container', () => {
    const required = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
    const contextFor = (own: object, securityContext?: JsonObject): unknown => {
      const settings = { ...SETTINGS, requiredContext: required, ...(securityContext && { securityContext }) };
      const steps = [{ name: 'own', image: 'busybox', ...own }];
      const asked = {
        resolver: 'cache' as const,
        params: { taskref: 't', workspaces: 'w', target: 'r/x' },
        run: runOf(row),
        document: { ...document, spec: { ...document.spec, steps } },
        settings,
      };
      const rewritten = resolve(asked);
      return isTask(rewritten) ? rewritten.spec.steps?.[0]?.securityContext : undefined;
    };

    it('has it, whoever it runs as', () => {
      expect(contextFor({}, { runAsUser: 65532 })).to.deep.equal({ ...required, runAsUser: 65532 });
      expect(contextFor({ securityContext: { runAsUser: 1000 } })).to.deep.equal({ ...required, runAsUser: 1000 });
    });

    it('has what the step that uses the workspace says instead', () => {
      const securityContext = { runAsUser: 1000, seccompProfile: { type: 'Localhost', localhostProfile: 'p' } };
      expect(contextFor({ securityContext })).to.deep.equal({ ...required, ...securityContext });
    });
  });

  it('unsets what a podTemplate, whose env beats that of steps, might say to Node', () => {
    expect(JSON.stringify(fetch?.['command']))
      .to.contain('"-u","NODE_OPTIONS"')
      .and.contain('"-u","NODE_TLS_REJECT_UNAUTHORIZED"');
    expect(fetch?.['env']).to.deep.equal([{ name: 'HOME', value: '/tmp' }]);
  });

  it('obeys the configuration: limits, compression, certificates, and where `insecure` is allowed', () => {
    const settings = {
      ...SETTINGS,
      limits: { maxBytes: 5 },
      compression: 'gzip',
      insecureRegistries: ['r'],
      caBundle: 'trusted',
    } as const;
    const params = { taskref: 't', workspaces: 'w', target: 'r/x', insecure: 'true' };
    const spec = resolve({ resolver: 'cache', params, run: runOf(row), document, settings }).spec;
    const [step, own] = Array.isArray(spec.steps) ? spec.steps : [];
    const args: readonly string[] = step.args;
    expect(JSON.parse(args[args.indexOf('--settings') + 1] ?? '')).to.deep.equal({
      limits: { maxBytes: 5 },
      compression: 'gzip',
      insecureRegistries: ['r'],
    });
    expect(step.command).to.include('NODE_EXTRA_CA_CERTS=/tekton-cache/ca/ca-bundle.crt');
    expect(step.volumeMounts).to.deep.equal([
      { name: 'tekton-cache-ca', mountPath: '/tekton-cache/ca', readOnly: true },
    ]);
    expect(spec['volumes']).to.deep.equal([
      { name: 'tekton-cache-ca', configMap: { name: 'trusted', optional: true } },
    ]);
    expect(own).to.deep.equal(document.spec.steps[0]);
  });
});
