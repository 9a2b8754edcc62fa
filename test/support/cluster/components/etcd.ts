import { PORTS } from '../machine/addresses.ts';
import type { Component } from '../machine/component.ts';
import { DIRECTORIES } from '../machine/directories.ts';
import { answersOk } from '../machine/probe.ts';

const client = `http://127.0.0.1:${PORTS.etcd}`;
const peer = `http://127.0.0.1:${PORTS.etcdPeer}`;

export const etcd = (): Component => ({
  name: 'etcd',
  command: 'etcd',
  args: [
    '--name=bench',
    `--data-dir=${DIRECTORIES.etcd}`,
    '--log-level=warn',
    '--logger=zap',
    // Nothing of it outlives the machine: a write need not wait for a disk that other suites keep busy.
    '--unsafe-no-fsync',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=bench=${peer}`,
  ],
  // The API server must find it listening: a refused first connection costs it a second.
  ready: () => answersOk(`${client}/health`),
});
