import type { SampleImage } from '../../image/sample-images.ts';
import type { Files, Stock } from '../../mirror/stock/stock.ts';

/** A tool with a sample of its own. */
export interface Ecosystem {
  /** The folder below `samples/`. */
  readonly name: string;
  /** The sample whose project it builds; its own if left out. */
  readonly projectOf?: string;
  /** The title of its only way; it has the two of a preset if left out. */
  readonly way?: string;
  /** It is one run of this branch, which begins with what a run of `main` left. */
  readonly branch?: string;
  /** What stands here for the public images that the sample names. */
  readonly images: Readonly<Record<string, SampleImage>>;
  /** The packages that its project needs, for what the cluster's mirror does not serve. */
  readonly stock?: (project: Files) => Promise<Stock>;
  /** Where the tool finds packages here, as variables of the steps. */
  readonly environment?: (packages: string) => Readonly<Record<string, string>>;
  /** The same, as files of the project, for tools without such variables. */
  readonly settings?: (project: Files, packages: string) => Files;
  /** Compilations of the project itself that a new checkout makes necessary, however warm a run is. */
  readonly alwaysCompiled?: number;
  /** What the tool says that it did. */
  readonly work?: (lines: readonly string[]) => ToolWork;
}

/** Nothing for what the tool does not tell; downloads are counted by the mirror as well. */
export interface ToolWork {
  readonly downloads?: number;
  readonly compilations?: number;
}

export const count = (lines: readonly string[], pattern: RegExp): number =>
  lines.filter((line) => pattern.test(line)).length;
