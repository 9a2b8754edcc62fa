/** What this thread computes, told from what others do meanwhile: a busy machine makes it no longer. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** The least of a few tries, as the first ones compile. */
export async function leastCpuMsOf(work: () => unknown, tries = 3): Promise<number> {
  let least = Infinity;
  for (let done = 0; done < tries; done++) least = Math.min(least, await cpuMsOf(work));
  return least;
}

/** A few linear passes over a million characters. What is compared with it takes as long on a slow machine as on a fast one. */
export async function linearPassMs(): Promise<number> {
  const texts = Array.from({ length: 100_000 }, (_, at) => `text${at}`.padEnd(10));
  return await leastCpuMsOf(() => JSON.parse(JSON.stringify(texts)) as unknown, 5);
}
