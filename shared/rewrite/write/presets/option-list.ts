/** Adds our options behind the given ones, without those that are given already: of two equal options a tool takes the last. */
export function withOptions(given: string, ours: string): string {
  const added = ours.split(' ').filter((option) => option !== '' && !given.includes(keyOf(option)));
  return [given, ...added].join(' ');
}

/** `-Dmaven.repo.local=` of an option with a value. */
function keyOf(option: string): string {
  return option.slice(0, option.indexOf('=') + 1) || option;
}
