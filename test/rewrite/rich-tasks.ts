/** Tasks and Pipelines that use what Tekton 1.x has: random ones, with names that are also ours. */
import * as fc from 'fast-check';
import type { Json, JsonObject } from '../../shared/rewrite/json/json.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>, freq = 2): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq });

/** A subset of a list, in its order. */
const some = <T>(list: readonly T[], maxLength = list.length): fc.Arbitrary<T[]> =>
  fc.subarray([...list], { maxLength });

const ENV = [
  { name: 'GOCACHE', value: '' },
  { name: 'GOCACHE', value: '/own/go-build' },
  { name: 'GOMODCACHE', value: '$(params.GOMODCACHE)' },
  { name: 'MAVEN_OPTS', value: '-Xmx1g' },
  { name: 'HOME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  { name: 'npm_config_cache', valueFrom: { configMapKeyRef: { name: 'c', key: 'k', optional: true } } },
  { name: 'EMPTY' },
];
const env = some(ENV, 3).map((list) =>
  list.filter(({ name }, at) => list.findIndex((one) => one.name === name) === at),
);
const envFrom = fc.constant([{ prefix: 'X_', configMapRef: { name: 'c', optional: true } }]);
const securityContext = fc.constantFrom<JsonObject>(
  { runAsUser: 1001, runAsGroup: 0 },
  { runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
  { privileged: true },
);
const computeResources = fc.constantFrom<JsonObject>(
  { requests: { memory: '1Gi' }, limits: { memory: '2Gi', cpu: '500m' } },
  { limits: { memory: '16Mi' } },
);

const VOLUMES = [
  { name: 'v', emptyDir: {} },
  { name: 'tekton-cache-credentials', secret: { secretName: 's', optional: true } },
  { name: 'tekton-cache-ca', configMap: { name: 'c', optional: true } },
  { name: 'p', projected: { sources: [{ configMap: { name: 'c', optional: true } }] } },
  { name: 'h', hostPath: { path: '/var/tmp' } },
];
const volumeMounts = some(VOLUMES, 2).map((list) => list.map(({ name }) => ({ name, mountPath: `/mnt/${name}` })));

const run = fc.oneof(
  fc
    .constantFrom('#!/usr/bin/env python3\nprint(1)', 'go build ./...', '#!/busybox/sh\nmvn -q package')
    .map((script) => ({
      image: 'docker.io/library/golang:1',
      script,
    })),
  fc.constantFrom(
    {
      image: '$(params.image)',
      command: ['/ko-app/run'],
      args: ['$(params.list[*])', '--first=$(params.list[0])', '$$(literal)'],
    },
    { image: 'scratch', args: ['$(context.taskRun.name)', '$(params.object.key)', '$(workspaces.in.path)/x'] },
    { image: 'node', command: ['npm'], args: ['ci'], workingDir: '$(workspaces.in.path)/$(params["preset"])' },
  ),
);

const written = fc.record({
  run,
  env: maybe(env),
  envFrom: maybe(envFrom, 5),
  securityContext: maybe(securityContext),
  computeResources: maybe(computeResources),
  volumeMounts: maybe(volumeMounts, 3),
  results: maybe(fc.constant([{ name: 'digest' }]), 3),
  onError: maybe(fc.constantFrom('continue', 'stopAndFail'), 3),
  timeout: maybe(fc.constant('5m'), 5),
  imagePullPolicy: maybe(fc.constant('IfNotPresent'), 5),
});
const referred = fc.constantFrom<JsonObject>(
  { ref: { name: 'an-action' } },
  { ref: { name: 'an-action' }, params: [{ name: 'list', value: ['$(params.list[*])'] }] },
  { ref: { resolver: 'git', params: [{ name: 'pathInRepo', value: 'action.yaml' }] }, onError: 'continue' },
);
const step = fc
  .record({
    name: maybe(fc.constantFrom('cache-fetch', 'cache-upload', 'build', 'x'.repeat(50)), 2),
    work: fc.oneof({ weight: 4, arbitrary: written.map(({ run: own, ...rest }) => ({ ...own, ...rest })) }, referred),
    // The rest of Tekton's fields pass through.
    workspaces: maybe(fc.constantFrom([{ name: 'in' }], [{ name: 'in', mountPath: '/isolated' }]), 6),
    when: maybe(fc.constant([{ input: '$(params.preset)', operator: 'notin', values: ['none'] }]), 5),
    displayName: maybe(fc.constant('One step'), 5),
  })
  .map(({ name, work, ...rest }) => ({ name, ...work, ...rest }));

const sidecar = fc.record({
  name: maybe(fc.constant('cache-fetch')),
  image: fc.constant('redis'),
  workspaces: maybe(fc.constant([{ name: 'in' }]), 4),
  computeResources: maybe(computeResources),
});

const PARAMS = [
  { name: 'preset', type: 'string', default: '' },
  { name: 'hash', type: 'string', default: '' },
  { name: 'image', type: 'string', default: 'docker.io/library/golang:1' },
  { name: 'GOMODCACHE', type: 'string', default: '' },
  { name: 'list', type: 'array', default: ['a', 'b'] },
  { name: 'object', type: 'object', properties: { key: { type: 'string' } }, default: { key: 'v' } },
];

/** With workspaces `in` and `ca`, a name that a directory of ours has as well. */
export const taskSpecs: fc.Arbitrary<JsonObject> = fc
  .record({
    description: maybe(fc.constant('Builds.')),
    displayName: maybe(fc.constant('Build')),
    params: fc.constant(PARAMS),
    results: maybe(
      fc.constant([
        { name: 'out', type: 'string' },
        { name: 'many', type: 'array' },
      ]),
    ),
    workspaces: fc
      .record({
        mountPath: maybe(fc.constantFrom('/app', '/app/src', '/data/in'), 3),
        readOnly: maybe(fc.boolean(), 3),
        optional: maybe(fc.boolean(), 3),
      })
      .map((more) => [
        { name: 'in', ...more },
        { name: 'ca', readOnly: true },
      ]),
    steps: fc.uniqueArray(step, { minLength: 1, maxLength: 4, selector: ({ name }) => name ?? {} }),
    stepTemplate: maybe(
      fc.record({
        env: maybe(env),
        envFrom: maybe(envFrom, 5),
        securityContext: maybe(securityContext),
        computeResources: maybe(computeResources),
        volumeMounts: maybe(
          fc.constantFrom([{ name: 'v', mountPath: '/var/workdir' }], [{ name: 'v', mountPath: '/app/' }]),
          3,
        ),
      }),
    ),
    sidecars: maybe(fc.array(sidecar, { maxLength: 1 })),
  })
  .map((spec) => plain({ ...spec, volumes: VOLUMES }));

const REFERENCES: readonly JsonObject[] = [
  { name: 'build' },
  { name: 'build', kind: 'Task' },
  {
    resolver: 'bundles',
    params: [
      { name: 'bundle', value: 'r/b:1' },
      { name: 'name', value: 'build' },
      { name: 'kind', value: 'task' },
    ],
  },
  {
    resolver: 'hub',
    params: [
      { name: 'version', value: '$(params.branch)' },
      { name: 'name', value: 'build' },
    ],
  },
];
const guard = fc.constantFrom<JsonObject>(
  { input: '$(params.branch)', operator: 'in', values: ['main'] },
  { input: '$(params.branch)', operator: 'notin', values: ['$(params.systems[*])'] },
);
const matrix = fc.constantFrom<JsonObject>(
  { params: [{ name: 'preset', value: ['go', 'npm'] }] },
  {
    params: [{ name: 'preset', value: '$(params.systems[*])' }],
    include: [{ name: 'one', params: [{ name: 'hash', value: 'x' }] }],
  },
  { include: [{ name: 'one', params: [{ name: 'preset', value: 'go' }] }] },
);

const task = (name: string, before: readonly string[]) =>
  fc
    .record({
      work: fc.oneof(
        fc.constantFrom(...REFERENCES).map((taskRef) => ({ taskRef })),
        fc
          .record({ spec: taskSpecs, metadata: maybe(fc.constant({ labels: { a: 'b' }, annotations: { c: 'd' } })) })
          .map(({ spec, metadata }) => ({ taskSpec: { ...(metadata === undefined ? {} : { metadata }), ...spec } })),
      ),
      runAfter: maybe(some(before)),
      when: maybe(fc.array(guard, { minLength: 1, maxLength: 1 }), 4),
      onError: maybe(fc.constantFrom('continue', 'stopAndFail'), 5),
      retries: maybe(fc.constant(2), 4),
      timeout: maybe(fc.constant('1h0m0s'), 4),
      matrix: maybe(matrix, 5),
      displayName: maybe(fc.constant('$(params.branch)'), 5),
      subPath: maybe(fc.constantFrom('sub', ''), 4),
    })
    .map(({ work, subPath, retries, onError, ...rest }) => ({
      name,
      ...work,
      ...rest,
      retries,
      // Tekton takes one of the two.
      onError: retries === undefined ? onError : undefined,
      workspaces: [
        { name: 'in', workspace: 'w', ...(subPath === undefined ? {} : { subPath }) },
        { name: 'ca', workspace: 'certificates' },
      ],
    }));

const TASKS = ['cache-fetch', 'b', 'c'];

/** With the workspaces `w` and `certificates`. */
export const richPipelines: fc.Arbitrary<JsonObject> = fc
  .record({
    tasks: fc.tuple(...TASKS.map((name, at) => task(name, TASKS.slice(0, at)))),
    last: maybe(task('wrap-collect', []), 2),
    description: maybe(fc.constant('A Pipeline.')),
  })
  .map(({ tasks, last, description }) =>
    plain({
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: { name: 'p' },
      spec: {
        description,
        params: [
          { name: 'systems', type: 'array', default: ['go', 'npm'] },
          { name: 'branch', type: 'string', default: 'main' },
        ],
        workspaces: [{ name: 'w' }, { name: 'certificates' }],
        tasks,
        ...(last === undefined ? {} : { finally: [{ ...last, runAfter: undefined }] }),
      },
    }),
  );

/** What is undefined is not there. */
function plain(document: object): JsonObject {
  return JSON.parse(JSON.stringify(document)) as { [name: string]: Json };
}
