import { make } from '../dom.ts';
import { pageHead } from '../pageHead.ts';
import { messages } from '../panel/messages.ts';
import { keptPanel } from './keptPanel.ts';
import { acceptFolders } from './picking.ts';
import { trainingProgress } from './progressPanel.ts';
import { runPanel } from './runPanel.ts';
import { TrainingSession } from './session.ts';
import { setupPanel } from './setupPanel.ts';

const session = new TrainingSession();
document.body.append(
  pageHead({
    page: 'training',
    tagline: 'A network trained in this page. Nothing leaves this computer.',
    isComputing: true,
  }),
  make(
    'main',
    { class: 'work training' },
    make(
      'div',
      { class: 'panel' },
      messages(session),
      trainingProgress(session),
      setupPanel(session),
      keptPanel(session),
    ),
    runPanel(session),
  ),
);
acceptFolders(document.body, (folder) => session.pick(folder));
void session.load();
