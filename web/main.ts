import { button, make } from './dom.ts';
import { emptyState } from './emptyState.ts';
import { acceptDrops } from './files.ts';
import { keysDialog, listenToKeys } from './keys.ts';
import { pageHead } from './pageHead.ts';
import { measuresPanel } from './panel/measures.ts';
import { messages } from './panel/messages.ts';
import { planPanel } from './panel/plan.ts';
import { progressPanel } from './panel/progress.ts';
import { scansPanel } from './panel/scans.ts';
import { takeHomePanel } from './panel/takeHome.ts';
import { openServed } from './served.ts';
import { Session } from './session.ts';
import { Look } from './viewer/look.ts';
import { Stage } from './viewer/stage.ts';
import { toolbar } from './viewer/toolbar.ts';

const session = new Session();
const look = new Look();
const stage = new Stage(session, look);

const picture = make(
  'section',
  { class: 'stage', attributes: { 'aria-label': 'Scans' } },
  toolbar(session, look),
  stage.element,
  stage.readout,
);
const work = make(
  'main',
  { class: 'work' },
  make(
    'div',
    { class: 'panel' },
    messages(session),
    scansPanel(session),
    planPanel(session),
    progressPanel(session),
    measuresPanel(session),
    takeHomePanel(session),
  ),
  picture,
  emptyState(session),
);
const keys = keysDialog();
document.body.append(
  pageHead(
    { page: 'index', tagline: 'Deformable registration. Nothing leaves this computer.', isComputing: true },
    button('Keys', () => keys.showModal(), 'quiet'),
    keys,
  ),
  work,
);
session.watch(['scans'], () => work.classList.toggle('is-empty', !session.fixed && !session.moving));
acceptDrops(session, document.body);
listenToKeys(session, look, stage);
void openServed(session);
