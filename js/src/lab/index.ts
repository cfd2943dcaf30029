import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator } from '@jupyterlab/translation';

import type { Channel } from '../channels/channel';
import { setTranslate } from '../words';
import { answerCells } from './cells';
import { addCommands } from './commands';
import { tellEnds } from './ends';
import { labHost } from './host';
import { makePlaces } from './places';
import { followSettings } from './settings';

const ID = 'pydra-oar-jupyter:monitor';

/** The job monitor in JupyterLab and in Notebook, which lacks some of these parts. */
const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Jobs on a cluster run by OAR: a side panel, a tab, notices.',
  autoStart: true,
  optional: [
    ICommandPalette,
    IDocumentManager,
    ILabShell,
    ILauncher,
    ILayoutRestorer,
    INotebookTracker,
    ISettingRegistry,
    IStateDB,
    ITranslator,
  ],
  activate(
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    documents: IDocumentManager | null,
    lab: ILabShell | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    notebooks: INotebookTracker | null,
    settings: ISettingRegistry | null,
    state: IStateDB | null,
    translator: ITranslator | null,
  ) {
    const bundle = translator?.load('pydra_oar_jupyter');
    if (bundle) setTranslate((text, ...values) => bundle.__(text, ...values));
    const makeHost = (channel: Channel) => labHost({ app, notebooks, documents, state }, channel);
    const places = makePlaces(app, makeHost, lab, restorer);
    addCommands(app, places, palette, launcher);
    answerCells(places.host);
    if (!settings) return;
    void followSettings(settings, ID).then((chosen) => {
      places.everyone.value = chosen().everyone;
      tellEnds(places, chosen);
    });
  },
};

export default plugin;
