import winston from 'winston';

import { outliveReader } from './standard-streams.ts';

/** What the controller's parts write to. Fields are flat: `log.info('created the pod', { run, pod })`. */
export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
  /** The same log with these fields on every line. */
  child(fields: object): Log;
}

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogControl extends Log {
  /** Takes effect at once, also for every child. */
  level: string;
}

/** JSON lines on standard error: `{"level","message","timestamp",...fields}`. */
export function createLog(options: { readonly level?: LogLevel; readonly silent?: boolean } = {}): LogControl {
  outliveReader('stderr');
  const { combine, json, timestamp } = winston.format;
  return winston.createLogger({
    level: options.level ?? 'info',
    silent: options.silent ?? false,
    format: combine(timestamp(), json()),
    transports: [new winston.transports.Console({ stderrLevels: [...LOG_LEVELS] })],
  });
}
