/** A test that waits for a cluster most of the time. */
export type Scenario = () => Promise<void>;

/** Pods that a small machine can start at the same time without being late. */
const AT_ONCE = 5;

/**
 * Tests that run at the same time, as each waits for the cluster and not for the processor: the first one of the suite starts
 * them all, and each reports its own.
 */
export function together(scenarios: Readonly<Record<string, Scenario>>, atOnce = AT_ONCE): void {
  const results = new Map<string, Promise<void>>();
  before(() => {
    let free = atOnce;
    const waiting: (() => void)[] = [];
    const turn = async (): Promise<void> => {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
    };
    const leave = (): void => {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    };
    for (const [name, scenario] of Object.entries(scenarios)) {
      const result = turn().then(scenario).finally(leave);
      // The test of a scenario reports its failure.
      result.catch(() => undefined);
      results.set(name, result);
    }
  });
  for (const name of Object.keys(scenarios)) it(name, async () => await results.get(name));
}
