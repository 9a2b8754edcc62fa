/** What proves who we are to one registry. `origin` says in messages where it was found. */
export type Credential = { readonly origin: string } & (
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** A refresh token for the token server. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** A bearer token for the registry itself. */
  | { readonly kind: 'registry-token'; readonly token: string }
);

export interface CredentialSource {
  /** Where it looks, for messages. */
  readonly places: readonly string[];
  find(registry: string, repository: string): Promise<Credential | undefined>;
}

/** The value of `Authorization` for a user and a password. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

export function secretsOf(credential: Credential): readonly string[] {
  if (credential.kind !== 'password') return [credential.token];
  const { username, password } = credential;
  return [password, basicAuthorization(username, password).slice('Basic '.length)];
}
