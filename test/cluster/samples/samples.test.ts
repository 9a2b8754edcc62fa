import { together } from '../../support/product/together.ts';
import { useSamples } from './ground.ts';
import type { Sample } from './ground.ts';
import { runsOnEmptyDirs } from './moving-from-a-pvc.ts';
import { keepsWhatAFailedBuildDownloaded, sharesOneEntryAmongAMatrix } from './npm.ts';
import { fetchesAllCachesOfARepository } from './monorepo.ts';
import { buildsAPullRequestFromThePushesOfMain } from './pipelines-as-code.ts';
import { logsInByTheServiceAccount } from './private-registry.ts';
import { onlyReferencesOfStepsChange } from './tekton-caches.ts';
import { fetchesAfterTheStepThatBringsSources } from './trusted-artifacts.ts';

/** Builds compute more than they wait. */
const AT_ONCE = 3;

/** Each cold, then warm. The longest begin first. */
describe('the samples', function () {
  this.timeout(1_800_000);
  const sampleOf = useSamples();
  const of = (name: string, scenario: (sample: Sample) => Promise<void>) => async () => await scenario(sampleOf(name));

  together(
    {
      'a Pipeline written for tekton-caches, with only the references of its steps changed: nothing is built twice, also on an image as tekton-caches pushes it':
        of('tekton-caches', onlyReferencesOfStepsChange),
      'a Pipeline that moves from a claim to `resolver: wrap` runs on emptyDirs, and starts with what the last run left':
        of('moving', runsOnEmptyDirs),
      'sources that arrive inside the Task: the fetch is after the step that brings them, and a warm build downloads nothing':
        of('artifacts', fetchesAfterTheStepThatBringsSources),
      'a repository with three lockfiles, by `preset: auto`: each task fetches its caches, and a warm run downloads nothing':
        of('monorepo', fetchesAllCachesOfARepository),
      'the runs of Pipelines-as-Code: a pull request builds with what a push to main has cached, and writes nothing': of(
        'code',
        buildsAPullRequestFromThePushesOfMain,
      ),
      'a matrix shares one entry among all of it': of('matrix', sharesOneEntryAmongAMatrix),
      'an upload in `finally` keeps what a failed build downloaded': of('finally', keepsWhatAFailedBuildDownloaded),
      'a private registry is logged in to by the service account of the run': of('private', logsInByTheServiceAccount),
    },
    AT_ONCE,
  );
});
