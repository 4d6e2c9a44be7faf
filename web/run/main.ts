import { make } from '../dom.ts';
import { pageHead } from '../pageHead.ts';
import { messages } from '../panel/messages.ts';
import { curvesPanel } from './curvesPanel.ts';
import { pairPanel } from './pairPanel.ts';
import { Runs } from './runs.ts';
import { runsPanel } from './runsPanel.ts';

const runs = new Runs();
document.body.append(
  pageHead({ page: 'runs', tagline: 'Trainings on this computer, followed.', isComputing: false }),
  make(
    'main',
    { class: 'work' },
    make('div', { class: 'panel' }, messages(runs), runsPanel(runs)),
    make('div', { class: 'run' }, curvesPanel(runs), pairPanel(runs)),
  ),
);
void runs.follow();
