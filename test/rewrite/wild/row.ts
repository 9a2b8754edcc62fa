/** The rows of the wild: Pipelines and Tasks as they occur in public, with what their user asks for and what must come of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Json, JsonObject } from '../../../shared/rewrite/json/json.ts';

/** `line`: the PipelineRun's reference to our resolver is all. `edit`: the Task or Pipeline needs one. `none`: it downloads nothing. */
export type Comes = 'line' | 'edit' | 'not' | 'none';

/** What a Task downloads, and how. */
export interface Build {
  /** A preset's name, or a word for what no preset is for. */
  readonly downloads?: string;
  /** The step that does; the last one. */
  readonly step?: string;
  /** The step that brings the sources, where the Task does. */
  readonly brings?: string;
  /** Where the tool keeps it whatever its variable says: a flag, a script or another tool decides. */
  readonly keeps?: string;
}

interface Row extends Build {
  readonly about: string;
  /** Of the resolver. */
  readonly params?: Readonly<Record<string, Json>>;
  readonly comes: Comes;
  /** Why not by the line alone. */
  readonly why?: string;
  /** What makes it work: a sentence, and what it changes. */
  readonly edit?: {
    readonly says: string;
    readonly spec?: JsonObject;
    readonly params?: Readonly<Record<string, Json>>;
    readonly keeps?: string;
    readonly gives?: Readonly<Record<string, Json>>;
    readonly builds?: Readonly<Record<string, string | Build>>;
  };
}

export interface TaskRow extends Row {
  readonly task: string;
  /** Workspaces that the run binds otherwise than to an emptyDir; optional ones are bound where they are here. */
  readonly binds?: Readonly<Record<string, JsonObject>>;
  /** Params that its Pipeline gives. */
  readonly gives?: Readonly<Record<string, Json>>;
  /** Its workspace with the sources; '' where it has none. */
  readonly source?: string;
  readonly spec: JsonObject;
}

export interface PipelineRow extends Row {
  readonly pipeline: string;
  /** Of the run's spec. */
  readonly run: JsonObject;
  /** The tasks that download, with the Task of the wild that a reference leads to, or what an embedded one does. */
  readonly builds: Readonly<Record<string, string | Build>>;
  /** The sentence of the refusal, or a part of it. */
  readonly refused?: string;
  /** Of the document; v1 where it is absent. */
  readonly version?: string;
  readonly spec: JsonObject;
}

/** By the name of their file: the ecosystem. */
export const TASKS = read<TaskRow>('tasks');
export const PIPELINES = read<PipelineRow>('pipelines');

function read<R>(folder: string): ReadonlyMap<string, readonly R[]> {
  const files = readdirSync(new URL(`${folder}/`, import.meta.url)).toSorted();
  return new Map(
    files.map((file) => {
      const text = readFileSync(new URL(`${folder}/${file}`, import.meta.url), 'utf8');
      return [file.replace('.yaml', ''), parse(text) as readonly R[]];
    }),
  );
}
