/** The first characters of a text, at most `length`, up to the last letter or digit among them: as names of Kubernetes have to end. */
export function cutName(text: string, length: number): string {
  let end = Math.min(text.length, length);
  while (end > 0 && !/[a-zA-Z0-9]/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
