/** One of the ways in which `samples/golang` caches. */
export interface Way {
  readonly name: string;
  readonly title: string;
  /** Whether its entries are in a registry, under a hash. */
  readonly registry: boolean;
  /** Of Tekton, that it needs. */
  readonly featureFlags?: Readonly<Record<string, string>>;
}

/** Each has a file of its name in the folder of the sample. */
export const WAYS: readonly Way[] = [
  { name: 'pvc', title: '1. one claim with subPaths', registry: false },
  {
    name: 'pvc-as-written',
    title: '1. a claim each, `coschedule: disabled`',
    registry: false,
    featureFlags: { coschedule: 'disabled' },
  },
  { name: 'stepactions', title: '2. StepActions', registry: true },
  { name: 'wrap', title: '3. `resolver: wrap`', registry: true },
  { name: 'cache', title: '4. `resolver: cache`', registry: true },
  { name: 'customruns', title: '5. CustomRuns', registry: true },
];
