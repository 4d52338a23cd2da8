import type { ConfigRepo } from '../config/config-repo.ts';
import type { Runner } from '../runner/runner.ts';
import { JmeterLoad } from './jmeter-load.ts';
import { LoadFiles } from './load-files.ts';
import type { LoadPrograms, LoadRunOptions } from './load-program.ts';
import type { LoadTool } from './load-tool.ts';
import { LocustLoad } from './locust-load.ts';
import { ProjectLoad } from './project-load.ts';
import { ReachCheck } from './reach.ts';

/** What the load of a place is made of. */
export interface LoadPlace {
  config: ConfigRepo;
  /** Where JMeter and Locust run. */
  runner: Runner;
  programs: LoadPrograms;
  builtIn: LoadTool;
  /** Connects to a target from this process; default: directly. */
  reach?: LoadTool;
  secret(name: string): Promise<{ [key: string]: string } | undefined>;
}

/** The load tool of a place: real tools through its runner, and the built-in load. */
export function composeLoad(place: LoadPlace, options: LoadRunOptions = {}): LoadTool {
  const { config, runner, programs, builtIn, reach = new ReachCheck() } = place;
  const files = new LoadFiles(config);
  return new ProjectLoad({
    files,
    programs,
    jmeter: new JmeterLoad({ files, runner }, options),
    locust: new LocustLoad({ files, runner, secret: (name) => place.secret(name) }, options),
    builtIn,
    reach,
  });
}
