import type { ISettingRegistry } from '@jupyterlab/settingregistry';

import type { NoticeSettings } from './notices';

/** The settings of the schema. */
export interface Settings extends NoticeSettings {
  everyone: boolean;
}

/** Returns what tells the settings as they are now. */
export async function followSettings(
  registry: ISettingRegistry,
  plugin: string,
): Promise<() => Settings> {
  const settings = await registry.load(plugin);
  return () => settings.composite as unknown as Settings;
}
