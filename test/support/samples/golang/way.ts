/** One of the ways in which `samples/golang` caches. */
export interface Way {
  readonly name: string;
  readonly title: string;
  /** In a registry: under one hash for all ways that say `shared`, or those of a preset, which have `own` names. */
  readonly entries: 'none' | 'shared' | 'own';
  /** Of Tekton, that it needs. */
  readonly featureFlags?: Readonly<Record<string, string>>;
}

/** Each has a file of its name in the folder of the sample. */
export const WAYS: readonly Way[] = [
  { name: 'pvc', title: '1. one claim with subPaths', entries: 'none' },
  {
    name: 'pvc-as-written',
    title: '1. a claim each, `coschedule: disabled`',
    entries: 'none',
    featureFlags: { coschedule: 'disabled' },
  },
  { name: 'stepactions', title: '2. StepActions', entries: 'shared' },
  { name: 'wrap', title: '3. `resolver: wrap`', entries: 'shared' },
  { name: 'cache', title: '4. `resolver: cache`', entries: 'shared' },
  { name: 'customruns', title: '5. CustomRuns', entries: 'shared' },
  { name: 'auto', title: '6. `preset: auto`', entries: 'own' },
];
