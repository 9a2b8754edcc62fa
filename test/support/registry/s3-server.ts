import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

import { until } from '../deadline.ts';
import { toolSet } from '../prerequisites/go-tools.ts';
import { freePort } from '../process/free-port.ts';
import { runCommand } from '../command.ts';
import type { Bucket } from './registry-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface S3Server {
  /** A new bucket: what the Secret `tekton-cache-bucket` says of it, and where the server keeps its objects as files. */
  makeBucket(): Promise<Bucket>;
  stop(): Promise<void>;
}

const REGION = 'us-east-1';
const [ID, KEY] = ['ID-of-the-tests', 'key-of-the-tests'];
const ROOT_DIRECTORY = '/tekton-cache';
const NO_BODY = `x-amz-content-sha256: ${hash('sha256', '', 'hex')}`;

/** Starts versitygw, which speaks S3 before a directory, on loopback. */
export const startS3 = async (): Promise<S3Server> => {
  const directory = await temporaryDirectory();
  const [root, sidecar] = [join(directory.path, 'buckets'), join(directory.path, 'attributes')];
  await mkdir(root);
  await mkdir(sidecar);
  const program = join(await toolSet('s3', (line) => process.stderr.write(`${line}\n`)), 'versitygw');
  const address = `127.0.0.1:${await freePort()}`;
  const endpoint = `http://${address}`;
  const env = { ...process.env, ROOT_ACCESS_KEY: ID, ROOT_SECRET_KEY: KEY };
  const args = [
    '--port',
    address,
    '--region',
    REGION,
    '--health',
    '/health',
    '--quiet',
    'posix',
    '--sidecar',
    sidecar,
    root,
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  const ended = once(child, 'close');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await directory.remove();
  };
  try {
    await until('the S3 server to answer', 20_000, async () => {
      if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}:\n${log}`);
      return await fetch(`${endpoint}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
  } catch (error) {
    await stop();
    throw error;
  }
  let buckets = 0;
  const makeBucket = async (): Promise<Bucket> => {
    const bucket = `caches-${buckets++}`;
    const signed = ['--aws-sigv4', `aws:amz:${REGION}:s3`, '--user', `${ID}:${KEY}`, '-H', NO_BODY];
    await runCommand('curl', ['--fail', '--silent', '--show-error', '-X', 'PUT', ...signed, `${endpoint}/${bucket}`]);
    return {
      variables: {
        REGISTRY_STORAGE_S3_BUCKET: bucket,
        REGISTRY_STORAGE_S3_REGION: REGION,
        REGISTRY_STORAGE_S3_REGIONENDPOINT: endpoint,
        REGISTRY_STORAGE_S3_FORCEPATHSTYLE: 'true',
        REGISTRY_STORAGE_S3_ROOTDIRECTORY: ROOT_DIRECTORY,
        AWS_ACCESS_KEY_ID: ID,
        AWS_SECRET_ACCESS_KEY: KEY,
        // The driver of 2.8 ends where a developer has one.
        AWS_CA_BUNDLE: '',
      },
      folder: join(root, bucket, ROOT_DIRECTORY),
    };
  };
  return { makeBucket, stop };
};
