import { globSync, readFileSync } from 'node:fs';

import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly resources?: { readonly limits?: { readonly memory?: string } };
  readonly securityContext?: object;
  readonly volumeMounts?: readonly { readonly name: string; readonly readOnly?: boolean }[];
}

interface Volume {
  readonly name: string;
  readonly secret?: object;
  readonly configMap?: object;
  readonly projected?: object;
}

interface PodSpec {
  readonly enableServiceLinks?: boolean;
  readonly serviceAccountName?: string;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly seccompProfile?: object };
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

const ROOT = new URL('../../../', import.meta.url);
/** Our own image has its digest from the release. */
const OWN_IMAGE = 'tekton-cache';

function isWorkload(document: unknown): document is Workload {
  if (typeof document !== 'object' || document === null || !('kind' in document)) return false;
  return ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(String(document.kind));
}

const files = globSync('manifests/**/*.yaml', { cwd: ROOT.pathname });
const workloads = files
  .flatMap((file) => parseAllDocuments(readFileSync(new URL(file, ROOT), 'utf8')))
  .map((document): unknown => document.toJS())
  .filter(isWorkload);

describe('the workloads of an installation', () => {
  it('are found', () => {
    expect(workloads.map(({ metadata }) => metadata.name)).to.include.members([
      'tekton-cache-controller',
      'tekton-cache-token-service',
      'tekton-cache-registry',
    ]);
  });

  for (const { metadata, spec } of workloads) {
    const pod = spec.template.spec;

    describe(metadata.name, () => {
      it('is no root, in a seccomp profile, and sees nothing of its node', () => {
        expect(pod.securityContext).to.deep.include({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect([pod.hostNetwork, pod.hostPID]).to.deep.equal([undefined, undefined]);
      });

      it('gets no variables from the names of Services', () => {
        expect(pod.enableServiceLinks).to.equal(false);
      });

      it('has an account of its own', () => {
        expect(pod.serviceAccountName).to.match(/^tekton-cache-/);
      });

      for (const container of pod.containers) {
        it(`gives the container ${container.name} no rights, no root to write to, and no endless memory`, () => {
          expect(container.securityContext).to.deep.equal({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          expect(container.resources?.limits?.memory).to.be.a('string');
        });

        it(`takes the image of ${container.name} by a digest`, () => {
          if (container.image !== OWN_IMAGE) expect(container.image).to.match(/@sha256:[0-9a-f]{64}$/);
        });

        it(`lets ${container.name} write into no Secret and no ConfigMap`, () => {
          const given = (pod.volumes ?? []).filter(({ secret, configMap, projected }) => secret ?? configMap ?? projected);
          const names = new Set(given.map(({ name }) => name));
          const mounts = (container.volumeMounts ?? []).filter(({ name }) => names.has(name));
          expect(mounts.filter(({ readOnly }) => readOnly !== true)).to.deep.equal([]);
        });
      }
    });
  }
});

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

describe('the workflows', () => {
  for (const file of globSync('.github/workflows/*.yml', { cwd: ROOT.pathname })) {
    const workflow = parse(readFileSync(new URL(file, ROOT), 'utf8')) as Workflow;
    const jobs = Object.values(workflow.jobs);

    describe(file, () => {
      it('takes each action by its commit', () => {
        const uses = jobs.flatMap(({ steps }) => steps.flatMap((step) => step.uses ?? []));
        expect(uses).not.to.be.empty;
        for (const action of uses) expect(action).to.match(/@[0-9a-f]{40}$/);
      });

      it('may write in no job that runs packages of others', () => {
        expect(workflow.permissions).to.deep.equal({ contents: 'read' });
        const writing = jobs.filter(({ permissions = {} }) => Object.values(permissions).includes('write'));
        const runs = writing.flatMap(({ steps }) => steps.map(({ run = '' }) => run));
        expect(runs.filter((run) => /\b(npm|npx|node|go|bash|apt-get)\b/.test(run))).to.deep.equal([]);
      });
    });
  }
});
