import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

import { AUTHORITY } from './certificates.ts';

/** HTTP status and body that a local server answers with, or undefined while it does not listen. */
export const probe = (url: string, token?: string): Promise<{ status: number; body: string } | undefined> =>
  new Promise((resolve) => {
    const secure = url.startsWith('https:');
    const options: https.RequestOptions = {
      timeout: 2_000,
      agent: false,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(secure ? { ca: readFileSync(AUTHORITY.certificate) } : {}),
    };
    const request = (secure ? https : http).get(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', () => resolve(undefined));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });

export const answersOk = async (url: string): Promise<boolean> => (await probe(url))?.status === 200;
