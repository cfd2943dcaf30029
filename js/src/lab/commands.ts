import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ILauncher } from '@jupyterlab/launcher';

import { t } from '../words';
import { jobsIcon } from './icon';
import { OPEN_TAB, type Places } from './places';

/** The monitor in the palette and in the launcher. */
export function addCommands(
  { commands }: JupyterFrontEnd,
  places: Places,
  palette: ICommandPalette | null,
  launcher: ILauncher | null,
): void {
  commands.addCommand('pydra-oar-jupyter:panel', {
    label: t('Show OAR Jobs'),
    caption: t('Show the job monitor in the side panel'),
    execute: () => {
      places.openPanel('jobs');
    },
  });
  commands.addCommand('pydra-oar-jupyter:cluster', {
    label: t('Show the Cluster'),
    caption: t('Show what runs on the cluster, host by host'),
    execute: () => {
      places.openPanel('cluster');
    },
  });
  commands.addCommand('pydra-oar-jupyter:resources', {
    label: t('Pick Resources for This Cell'),
    caption: t('Pick what a cell asks for, and put it on its first line'),
    execute: () => {
      places.openPanel('resources');
    },
  });
  const { openTab } = places;
  if (openTab) {
    commands.addCommand(OPEN_TAB, {
      label: ({ isLauncher }) => (isLauncher ? t('OAR jobs') : t('Open OAR Jobs in a Tab')),
      caption: t('Open the job monitor in a tab of its own'),
      icon: ({ isPalette }) => (isPalette ? undefined : jobsIcon),
      execute: openTab,
    });
    launcher?.add({
      command: OPEN_TAB,
      category: t('Other'),
      args: { isLauncher: true },
      rank: 10,
    });
  }
  const category = t('OAR');
  for (const command of commands.listCommands().filter((id) => id.startsWith('pydra-oar-'))) {
    palette?.addItem({ command, category, args: { isPalette: true } });
  }
}
