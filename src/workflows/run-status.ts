import type { RunScope } from '../contracts/activities.ts';
import type { SequenceOutcome, SequenceStatus, TaskStatus } from '../contracts/workflows.ts';
import type { SequenceState, TaskDefinition } from '../sequence/types.ts';

/** The rows that the status query and the Temporal UI show: one per task of the definition, in its order. */
export class RunStatus {
  readonly #scope: RunScope;
  readonly #rows: TaskStatus[];

  constructor(scope: RunScope, tasks: readonly TaskDefinition[]) {
    this.#scope = scope;
    this.#rows = tasks.map((task) => ({ task: task.name, triggeredId: '', state: 'waiting', executor: '' }));
  }

  /** The next waiting row of that name belongs to this triggered id from now on. */
  open(task: string, triggeredId: string): void {
    if (this.#rows.some((row) => row.triggeredId === triggeredId)) return;
    const row = this.#rows.find((candidate) => candidate.task === task && candidate.triggeredId === '');
    if (row !== undefined) row.triggeredId = triggeredId;
  }

  /** The tasks that an earlier run has completed for this one. */
  takeOver(state: SequenceState): void {
    for (const { name, triggeredId } of state.completed) {
      this.open(name, triggeredId);
      this.update(triggeredId, { executor: 'an earlier run' });
    }
    this.completed(state);
  }

  update(triggeredId: string, change: Partial<Omit<TaskStatus, 'task' | 'triggeredId'>>): void {
    const row = this.#rows.find((candidate) => candidate.triggeredId === triggeredId);
    if (row !== undefined) Object.assign(row, change);
  }

  /** Takes results over from the sequence's own state. */
  completed(state: SequenceState): void {
    for (const task of state.completed) {
      this.update(task.triggeredId, {
        state: 'finished',
        result: task.result,
        status: task.status,
        ...textOf(task.properties?.message),
        ...scoreOf(task.name, task.properties?.evaluation),
      });
    }
    if (state.end === undefined) return;
    const { outcome } = state.end;
    for (const row of this.#rows) {
      const open = row.state === 'running' || row.state === 'waitingForApproval';
      if (open && outcome !== 'finished') row.state = outcome;
    }
  }

  triggeredIds(): string[] {
    return this.#rows.map((row) => row.triggeredId).filter((id) => id !== '');
  }

  of(state: SequenceState, outcome: SequenceOutcome | undefined): SequenceStatus {
    const { project, stage, service, sequence, keptnContext } = this.#scope;
    return {
      project,
      stage,
      service,
      sequence,
      keptnContext,
      state: stateName(state),
      tasks: this.#rows.map((row) => ({ ...row })),
      ...(outcome === undefined ? {} : { outcome }),
    };
  }
}

function stateName(state: SequenceState): SequenceStatus['state'] {
  if (state.end !== undefined) return state.end.outcome;
  if (state.paused) return 'paused';
  if (state.task?.waitingForApproval) return 'waitingForApproval';
  return state.phase === 'created' ? 'triggered' : 'started';
}

function textOf(message: unknown): { message?: string } {
  return typeof message === 'string' && message !== '' ? { message } : {};
}

function scoreOf(task: string, evaluation: unknown): { score?: number } {
  if (task !== 'evaluation' || typeof evaluation !== 'object' || evaluation === null) return {};
  const score = (evaluation as { score?: unknown }).score;
  return typeof score === 'number' ? { score } : {};
}
