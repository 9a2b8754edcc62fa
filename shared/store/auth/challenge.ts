/** One scheme that a server offers in `WWW-Authenticate` (RFC 9110, section 11.6.1). Names are lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly params: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const SPACES_AND_COMMAS = /[\s,]*/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const TOKEN68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;

/** Parses the header's value; several headers may be joined by commas. What is malformed ends the list there. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; params: Map<string, string> }[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    if (found) at = pattern.lastIndex;
    return found;
  };

  for (;;) {
    match(SPACES_AND_COMMAS);
    const name = match(TOKEN)?.[0];
    if (name === undefined) return challenges;
    if (!match(EQUALS)) {
      challenges.push({ scheme: name.toLowerCase(), params: new Map() });
      match(TOKEN68);
      continue;
    }
    const quoted = match(QUOTED);
    const value = quoted ? quoted[1]?.replace(/\\(.)/g, '$1') : match(TOKEN)?.[0];
    const challenge = challenges.at(-1);
    if (value === undefined || !challenge) return challenges;
    challenge.params.set(name.toLowerCase(), value);
  }
}
