/** What this thread computes, told from what others do meanwhile: a busy machine makes it no longer. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

const TRIES = 8;

/**
 * How many linear passes over a million characters some work takes: the least of a few tries, each beside a pass of its own, as the first
 * tries compile and a machine is slower at times. No more tries are made once there are fewer passes than `enough`.
 */
export async function leastPassesOf(work: () => unknown, enough: number): Promise<number> {
  const texts = Array.from({ length: 100_000 }, (_, at) => `text${at}`.padEnd(10));
  let least = Infinity;
  for (let done = 0; done < TRIES && least >= enough; done++) {
    const took = await cpuMsOf(work);
    const pass = await cpuMsOf(() => JSON.parse(JSON.stringify(texts)) as unknown);
    least = Math.min(least, took / pass);
  }
  return least;
}
