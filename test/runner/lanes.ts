/** What runs in a lane; `after` names what has to have ended before, all of it earlier in the list. */
export interface Planned {
  readonly name: string;
  readonly after?: readonly string[];
}

/** Runs all of a list, as many at the same time as there are lanes: a lane that is free takes the next one that nobody has begun. */
export async function runInLanes<T extends Planned>(
  list: readonly T[],
  lanes: number,
  run: (one: T) => Promise<void>,
): Promise<void> {
  const waiting = [...list];
  const begun = new Map<string, Promise<void>>();
  const begin = async (one: T): Promise<void> => {
    await Promise.all((one.after ?? []).flatMap((name) => begun.get(name) ?? []));
    await run(one);
  };
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const ended = begin(next);
      begun.set(next.name, ended);
      await ended;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
