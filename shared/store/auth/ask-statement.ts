/** The token service's word on who writes a manifest: docs/provenance.md. */
import type { HttpClient } from '../http/http-client.ts';
import { readBytes } from '../http/message/http-message.ts';
import { NetworkError } from '../http/message/network-error.ts';
import { readStatusError } from '../http/message/status-error.ts';
import { basicAuthorization } from './credential.ts';
import type { Credential } from './credential.ts';

/** A pod, as the token service of the installation knows it. */
export interface PodLogin {
  /** The address of the token service. */
  readonly realm: URL;
  /** The registry, as it names itself there. */
  readonly service: string;
  readonly credential: Extract<Credential, { readonly kind: 'password' }>;
}

export interface StatementQuestion extends PodLogin {
  readonly repository: string;
  /** The digest of the manifest. */
  readonly digest: string;
  /** Takes secrets out of what the token service says. */
  readonly hide: (text: string) => string;
}

/** Beside the address of the tokens. */
const PATH = 'statement';
const ANSWER_BYTES = 65_536;

/** Asks once; gives the bytes of an envelope. Fails with a `StatusError` or `NetworkError`. */
export async function askStatement(
  http: HttpClient,
  { realm, service, credential, repository, digest, hide }: StatementQuestion,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { username, password } = credential;
  const response = await http.send(
    {
      method: 'POST',
      url: new URL(PATH, realm),
      headers: {
        'user-agent': 'tekton-cache',
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: basicAuthorization(username, password),
      },
      body: Buffer.from(JSON.stringify({ service, repository, digest })),
    },
    signal,
  );
  if (response.status !== 200) throw await readStatusError(response, { hide });
  const bytes = await readBytes(response, ANSWER_BYTES);
  if (bytes === undefined || bytes.length === 0) {
    throw new NetworkError('protocol', `the token server ${realm.host} gave no statement`);
  }
  return bytes;
}
