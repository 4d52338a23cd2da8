import { type ConfigFile, readConfigFile } from './config-file.ts';
import { SETTINGS, type SettingDefinition, type SettingName, type SettingValues } from './settings.ts';

/** Texts given on the command line, by setting. */
export type SettingFlags = { readonly [Name in SettingName]?: string | undefined };

/** Where a value came from, the strongest first. */
export type SettingSource = 'flag' | 'environment' | 'file' | 'default';

/** All settings of this process, with the source of each. */
export interface Settings {
  get<Name extends SettingName>(name: Name): SettingValues[Name];
  source(name: SettingName): SettingSource;
  /** The slipway.toml that was read, if any. */
  readonly file: string | undefined;
}

/** Where settings are looked for; every part may be left out. */
export interface LoadSettingsOptions {
  flags?: SettingFlags;
  /** Default `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Path given with `--config`. */
  configFile?: string | undefined;
}

/** Reads the settings: flag before environment before slipway.toml before default. Throws ConfigurationError. */
export async function loadSettings(options: LoadSettingsOptions = {}): Promise<Settings> {
  const env = options.env ?? process.env;
  const file = await readConfigFile(options.configFile, env);
  return settingsFrom(options.flags ?? {}, env, file);
}

/** Like loadSettings with a file that is already read. Values are checked when they are asked for. */
export function settingsFrom(
  flags: SettingFlags,
  env: NodeJS.ProcessEnv,
  file: ConfigFile | undefined,
): Settings {
  const find = (name: SettingName): { source: SettingSource; text?: string; where: string } => {
    const { key, env: variable, flag } = SETTINGS[name];
    const flagText = flags[name];
    if (flagText !== undefined) return { source: 'flag', text: flagText, where: flag ?? name };
    const envText = env[variable];
    if (envText !== undefined && envText !== '')
      return { source: 'environment', text: envText, where: variable };
    const fileText = file?.values.get(key);
    if (fileText !== undefined) return { source: 'file', text: fileText, where: `${file?.path}: ${key}` };
    return { source: 'default', where: key };
  };
  return {
    file: file?.path,
    source: (name) => find(name).source,
    get(name) {
      const { text, where } = find(name);
      // The table's type ties each name to its value type; indexing by a generic name loses that tie.
      const definition: SettingDefinition<SettingValues[typeof name]> = SETTINGS[name] as SettingDefinition<
        SettingValues[typeof name]
      >;
      return text === undefined
        ? (definition.fallback?.(env) as SettingValues[typeof name])
        : definition.read(text, where);
    },
  };
}
