import { count } from './ecosystem.ts';
import type { ToolWork } from './ecosystem.ts';

const COMPILE = /^(?:> Task )?(:\S*compile\w+)( .+)?$/;

/** Gradle names a task as it begins, and may name it once more when it turns out that nothing is to do: ` FROM-CACHE`. */
export const gradleWork = (lines: readonly string[]): ToolWork => {
  const tasks = new Set<string>();
  const idle = new Set<string>();
  for (const line of lines) {
    const [, task, end] = COMPILE.exec(line) ?? [];
    if (task === undefined) continue;
    tasks.add(task);
    if (end !== undefined) idle.add(task);
  }
  return { downloads: count(lines, /^Download \S+\.(?:jar|pom)$/), compilations: tasks.size - idle.size };
};
