export interface Assignment {
  readonly name: string;
  /** The value as it is written; empty where the text sets the variable to nothing. */
  readonly value: string;
}

/**
 * The variables that a text sets: as in a shell, in PowerShell (`$env:NAME = `), Python (`os.environ['NAME'] = `), Node.js and Ruby.
 * A shell has no space before `=`, and what is behind one there is the next word.
 */
export function assignmentsIn(text: string): Assignment[] {
  const found = text.matchAll(
    /(?:^|[\s;&"':.])(\w{1,64})["'\]]{0,2}(?:=(?!=)(?=["']?([^\s"';&|)]{0,64}))| =(?!=)(?= ?["']?([^\s"';&|)]{0,64})))/gm,
  );
  return [...found].map(([, name = '', tight, wide]) => ({ name, value: tight ?? wide ?? '' }));
}
