import type { Requester } from '../../../../controller/token-service/identity/identifier.ts';

/** The pod of a task of a PipelineRun, of which nobody says more. */
export const REQUESTER: Requester = {
  pod: 'team-a/build-pod',
  podUid: 'uid-pod',
  run: 'PipelineRun ci',
  task: 'TaskRun ci-build',
  facts: {
    namespace: 'team-a',
    namespaceLabels: {},
    serviceAccount: 'default',
    run: 'uid-run',
    annotations: {},
    labels: {},
  },
};
