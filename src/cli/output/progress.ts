import ora from 'ora';
import { type KeptnEvent, parseEventType } from '../../contracts/events.ts';
import { isJsonObject } from '../../contracts/json.ts';
import { shortMessage } from './print.ts';
import { scoreText } from './run-table.ts';

/** Live progress on stderr: a spinner on a terminal, plain lines elsewhere. */
export interface Progress {
  event(event: KeptnEvent): void;
  note(text: string): void;
  stop(): void;
}

/** Starts the progress of one command. */
export function startProgress(text: string): Progress {
  if (!process.stderr.isTTY || process.env.CI) {
    const note = (line: string): void => void process.stderr.write(`${line}\n`);
    return { note, event: (event) => describe(event).forEach(note), stop: () => undefined };
  }
  const spinner = ora({ text, stream: process.stderr, discardStdin: false }).start();
  const note = (line: string): void => {
    spinner.clear();
    process.stderr.write(`${line}\n`);
    spinner.render();
  };
  return {
    note,
    event(event) {
      describe(event).forEach(note);
      spinner.text = current(event) ?? spinner.text;
    },
    stop: () => void spinner.stop(),
  };
}

/** What an event means to someone who watches, as lines. */
export function describe(event: KeptnEvent): string[] {
  const type = parseEventType(event.type);
  const { stage, message = '' } = event.data;
  if (type?.of === 'sequence') {
    if (type.kind === 'triggered') return [`${type.stage}: ${type.sequence} triggered`];
    return type.kind === 'finished' ? [`${type.stage}: ${type.sequence} ${outcome(event)}`] : [];
  }
  if (type?.of !== 'task' || type.task === 'get-sli') return [];
  if (type.task === 'approval' && type.kind === 'started' && !message.endsWith(': automatic')) {
    return waitsForApproval(event);
  }
  if (type.kind === 'started') return [`${stage}:   ${type.task} started${said(message)}`];
  return type.kind === 'finished' ? [`${stage}:   ${type.task} ${outcome(event)}`] : [];
}

function waitsForApproval({ data, shkeptncontext }: KeptnEvent): string[] {
  const command = `slipway approve --project ${data.project} --stage ${data.stage} --keptn-context ${shkeptncontext}`;
  return [
    `${data.stage}:   approval asked for${said(data.message ?? '')}`,
    `  to approve by hand: ${command}`,
  ];
}

function outcome({ type, data }: KeptnEvent): string {
  const { evaluation } = data;
  const score =
    type.endsWith('.evaluation.finished') && isJsonObject(evaluation) ? evaluation.score : undefined;
  const points = typeof score === 'number' ? `, score ${scoreText(score)}` : '';
  const status = data.status === undefined || data.status === 'succeeded' ? '' : ` (${data.status})`;
  return `${data.result ?? 'finished'}${status}${points}${said(data.message ?? '')}`;
}

function said(message: string): string {
  return message === '' ? '' : `: ${shortMessage(message)}`;
}

function current(event: KeptnEvent): string | undefined {
  const type = parseEventType(event.type);
  return type?.of === 'task' && type.kind !== 'finished' ? `${event.data.stage}: ${type.task}` : undefined;
}
