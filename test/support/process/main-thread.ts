/** What this thread computes, told from what others do meanwhile: a busy machine makes it no longer. */
async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

const TRIES = 8;
/** A million characters of JSON. */
const MILLION = JSON.stringify(Array.from({ length: 100_000 }, (_, at) => `text${at}`.padEnd(7)));

/** The fastest pass so far: what is quick beside that one needs none of its own. */
let fastestPass: number | undefined;

/**
 * How many linear passes over a million characters some work takes: the least of a few tries, each that is not quick beside a pass of its
 * own, as the first tries compile and a machine is slower at times. No more tries are made once there are fewer passes than `enough`.
 */
export async function leastPassesOf(work: () => unknown, enough: number): Promise<number> {
  let least = Infinity;
  for (let done = 0; done < TRIES && least >= enough; done++) {
    const took = await cpuMsOf(work);
    if (fastestPass !== undefined && took < enough * fastestPass) return took / fastestPass;
    const pass = await cpuMsOf(() => JSON.parse(MILLION) as unknown);
    fastestPass = Math.min(fastestPass ?? Infinity, pass);
    least = Math.min(least, took / pass);
  }
  return least;
}
