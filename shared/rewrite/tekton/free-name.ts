/** The name, with a number when it is taken. */
export function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted;
  for (let suffix = 2; taken.includes(name); suffix++) name = `${wanted}-${suffix}`;
  return name;
}
