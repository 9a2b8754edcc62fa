/** One scheme that a server offers in `WWW-Authenticate` (RFC 9110, section 11.6.1). Names are lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly params: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const SPACES_AND_COMMAS = /[\s,]*/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
/** RFC 9110 wants quotes around an address. Some servers leave them away. */
const BARE = /[^\s",]+/y;
const TOKEN68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const UP_TO_COMMA = /[^,]+/y;

/** Parses the header's value; several headers may be joined by commas. What is malformed is passed over, up to the next comma. */
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
    if (at === header.length) return challenges;
    const name = match(TOKEN)?.[0];
    if (name !== undefined && !match(EQUALS)) {
      challenges.push({ scheme: name.toLowerCase(), params: new Map() });
      match(TOKEN68);
      continue;
    }
    const quoted = match(QUOTED);
    const value = quoted ? quoted[1]?.replace(/\\(.)/g, '$1') : match(BARE)?.[0];
    if (name !== undefined && value !== undefined) challenges.at(-1)?.params.set(name.toLowerCase(), value);
    else match(UP_TO_COMMA);
  }
}

/**
 * The challenge to answer: that of a token server, or else a password. Some registries offer `Bearer` for others, without a token server. Undefined
 * where neither is offered.
 */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  const bearers = challenges.filter(({ scheme }) => scheme === 'bearer');
  return (
    bearers.find(({ params }) => URL.canParse(params.get('realm') ?? '')) ??
    challenges.find(({ scheme }) => scheme === 'basic') ??
    bearers[0]
  );
}
