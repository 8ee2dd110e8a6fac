import { byId } from '../dom.ts';
import { nextFrame } from '../next-frame.ts';
import type { HistoryPoint, News, View } from './protocol.ts';
import { AnswersView } from './show-answers.ts';
import { FlowView } from './show-flow.ts';
import { LossView } from './show-loss.ts';
import { SampleView } from './show-samples.ts';
import { UnitView } from './show-units.ts';

/** All that is shown of a run. */
export class Views {
  readonly loss = new LossView();
  readonly #looks = [new SampleView(), new FlowView(), new AnswersView(), new UnitView()];

  /** Takes away what was shown of another run, and shows the curves of a history. */
  restart(history?: readonly HistoryPoint[]): void {
    this.loss.restart(history);
    for (const view of this.#looks) view.restart();
  }

  hear(news: News): void {
    if (news.kind === 'progress') this.loss.add(news);
    else if (news.kind === 'report') this.loss.report(news.point);
    else void this.show(news.view);
  }

  /** Shows one thing after another, each in a frame of its own, so that the page is never held up for long. */
  async show(view: View): Promise<void> {
    byId('view-problem').textContent = view.problem ?? '';
    byId('view-problem').hidden = view.problem === undefined;
    for (const look of this.#looks) {
      await nextFrame();
      look.show(view);
    }
  }
}
