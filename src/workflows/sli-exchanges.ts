import { CancellationScope, condition, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type { RecordRequest, RunScope, SliAnswerJson, SliFetch } from '../contracts/activities.ts';
import { type KeptnEvent, taskEventType } from '../contracts/events.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { DefaultTimeouts, EvaluationInput } from '../contracts/workflows.ts';
import { evaluationSteps, records } from './activity-proxies.ts';
import { type eventMaker, idOf } from './events.ts';
import { plainMessage } from './failures.ts';
import {
  GET_SLI,
  getSliFinished,
  getSliRequest,
  getSliScope,
  isGetSliAnswer,
  readGetSliFinished,
} from './get-sli.ts';
import { combineAnswers, unanswered } from './sli-answers.ts';

/** Source of the gate's events, as Keptn 1.4.5 signed them; the store looks evaluations up by it. */
export const GATE_SOURCE = 'lighthouse-service';

/** Keptn 1.4.5: TASK_STARTED_WAIT_DURATION for the start; a day for the end, where Keptn waited for ever. */
const DEFAULT_TIMEOUTS: DefaultTimeouts = { startedMs: 600_000, finishedMs: 86_400_000 };
/** More answers than this are not kept: nobody was asked that often. */
const MAX_ANSWERS = 200;

/** Asks for measured values with get-sli events: a worker's own provider, or an integration outside. */
export class SliExchanges {
  /** The get-sli events of the worker's own providers, in their order, to be stored with the evaluation. */
  readonly events: KeptnEvent[] = [];
  readonly #input: EvaluationInput;
  readonly #newEvent: ReturnType<typeof eventMaker>;
  readonly #answers: KeptnEvent[] = [];
  #answeredAt: string | undefined;
  #asked = 0;

  constructor(input: EvaluationInput, newEvent: ReturnType<typeof eventMaker>) {
    this.#input = input;
    this.#newEvent = newEvent;
  }

  /** The commit that an integration's last answer names, empty when it names none; undefined when none was asked. */
  get answeredAt(): string | undefined {
    return this.#answeredAt;
  }

  /** Takes an integration's event, also one that comes before the workflow knows that it has asked. */
  take(event: KeptnEvent): void {
    const known = this.#answers.some(({ id }) => id === event.id);
    if (known || !isGetSliAnswer(event) || this.#answers.length >= MAX_ANSWERS) {
      log.info('event dropped: no new answer to get-sli.triggered', { type: event.type, id: event.id });
      return;
    }
    this.#answers.push(event);
  }

  /** One question and its answer; a provider that fails for good is an errored answer. */
  async ask(fetch: SliFetch): Promise<SliAnswerJson> {
    const triggered = this.#newEvent({
      id: idOf(`${GET_SLI}/${this.#asked++}`),
      type: taskEventType(GET_SLI, 'triggered'),
      source: GATE_SOURCE,
      data: getSliRequest(fetch),
    });
    try {
      if (fetch.responders !== undefined) return await this.#askIntegration(triggered, fetch);
      return await this.#askProvider(triggered, fetch);
    } catch (error) {
      if (isCancellation(error)) throw error;
      return unanswered(fetch, plainMessage(error));
    }
  }

  async #askProvider(triggered: KeptnEvent, fetch: SliFetch): Promise<SliAnswerJson> {
    const note = (kind: 'started' | 'finished', data: JsonObject): void => {
      this.events.push(
        this.#newEvent({
          type: taskEventType(GET_SLI, kind),
          source: `${fetch.provider}-service`,
          triggeredId: triggered.id,
          data,
        }),
      );
    };
    this.events.push(triggered);
    note('started', { ...getSliScope(fetch), status: 'succeeded' });
    const answer = await this.#fetch(fetch);
    note('finished', getSliFinished(fetch, answer));
    return answer;
  }

  async #fetch(fetch: SliFetch): Promise<SliAnswerJson> {
    try {
      return await evaluationSteps(`${fetch.indicators.length} SLIs from ${fetch.provider}`).fetchSlis(fetch);
    } catch (error) {
      if (isCancellation(error)) throw error;
      return unanswered(fetch, plainMessage(error));
    }
  }

  /** The question is open in the store while somebody may answer it, and closed in any case. */
  async #askIntegration(triggered: KeptnEvent, fetch: SliFetch): Promise<SliAnswerJson> {
    const record = (parts: Partial<RecordRequest>): Promise<void> =>
      records.recordEvents({ run: this.#run(), events: [], ...parts });
    try {
      await record({ events: [triggered], open: [triggered.id] });
      return await this.#answer(triggered, fetch);
    } finally {
      await CancellationScope.nonCancellable(() => record({ close: [triggered.id] }));
    }
  }

  /** As with a task: done when as many have finished as have started, and somebody has. */
  async #answer({ id, type }: KeptnEvent, fetch: SliFetch): Promise<SliAnswerJson> {
    const { startedMs, finishedMs } = this.#input.timeouts ?? DEFAULT_TIMEOUTS;
    const { provider, responders = [] } = fetch;
    const who = `SLI provider ${provider} (${responders.join(', ') || 'no integration subscribes to it'})`;
    const began = (): boolean => this.#of(id, 'started').length > 0 || this.#of(id, 'finished').length > 0;
    if (!(await within(began, startedMs, `wait for ${who} to start`))) {
      return unanswered(fetch, timedOut(type, '.started', who));
    }
    const done = (): boolean => {
      const finished = this.#of(id, 'finished').length;
      return finished > 0 && finished >= this.#of(id, 'started').length;
    };
    if (!(await within(done, finishedMs, `wait for ${who} to finish`))) {
      return unanswered(fetch, timedOut(type, '.finished', who));
    }
    const finished = this.#of(id, 'finished');
    this.#answeredAt = finished.at(-1)?.gitcommitid ?? '';
    return combineAnswers(finished.map((event) => readGetSliFinished(event, fetch)));
  }

  #of(triggeredId: string, kind: 'started' | 'finished'): KeptnEvent[] {
    const type = taskEventType(GET_SLI, kind);
    return this.#answers.filter((event) => event.triggeredid === triggeredId && event.type === type);
  }

  #run(): RunScope {
    const { project, stage, service, keptnContext } = this.#input;
    const { workflowId } = workflowInfo();
    return { project, stage, service, keptnContext, sequence: 'evaluation', workflowId };
  }
}

/** Zero waits for ever. */
async function within(met: () => boolean, milliseconds: number, summary: string): Promise<boolean> {
  if (milliseconds > 0) return condition(met, milliseconds, { summary });
  await condition(met);
  return true;
}

function timedOut(type: string, missing: string, who: string): string {
  return `timed out while waiting for ${type} to receive a correlating ${missing}; is ${who} running?`;
}
