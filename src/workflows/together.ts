import {
  condition,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { arrivedSignal, leftSignal, type MemberArrived, togetherSignal } from '../contracts/messages.ts';
import type { TogetherInput, TogetherOutcome } from '../contracts/workflows.ts';
import { commonResult } from '../sequence/together.ts';
import { plainMessage } from './failures.ts';
import { hasTexts, ifReadable } from './readable.ts';

/**
 * Lets several services go on together or not at all: each run of the group tells when it has come to the task that
 * waits, and is told the common result when all are there or one has failed.
 */
export async function together({ services }: TogetherInput): Promise<TogetherOutcome> {
  const arrived: MemberArrived[] = [];
  let left: { service: string; message: string } | undefined;
  const hasArrived = hasTexts('service', 'workflowId', 'triggeredId', 'result');
  const arrive = ifReadable('arrived', hasArrived, (member) => void arrived.push(member as MemberArrived));
  setHandler(arrivedSignal, arrive, {
    description: 'a run of the group has come to the task that waits for the others',
  });
  const leave = ifReadable('left', hasTexts('service', 'message'), (member) => {
    left ??= member;
  });
  setHandler(leftSignal, leave, {
    description: 'a run of the group has ended or was refused before it came so far',
  });
  const decide = () => (left === undefined ? commonResult(services, arrived) : 'fail');
  await condition(() => {
    setCurrentDetails(table(services, arrived));
    return decide() !== undefined;
  });
  const result = decide() ?? 'fail';
  const failed = left?.service ?? arrived.find((member) => member.result === 'fail')?.service;
  const message = failed === undefined ? '' : `held back together with ${failed}, which failed${why(left)}`;
  for (let next = 0; next < arrived.length; next += 1) {
    const member = arrived[next];
    if (member === undefined) continue;
    try {
      const run = getExternalWorkflowHandle(member.workflowId);
      await run.signal(togetherSignal, { triggeredId: member.triggeredId, result, message });
    } catch (error) {
      log.warn('a run of the group is gone', { run: member.workflowId, error: plainMessage(error) });
    }
  }
  return { result, message };
}

function why(left: { message: string } | undefined): string {
  return left === undefined || left.message === '' ? '' : `: ${left.message}`;
}

function table(services: readonly string[], arrived: readonly MemberArrived[]): string {
  const rows = services.map((service) => {
    const member = arrived.find((one) => one.service === service);
    return `| ${service} | ${member?.result ?? 'not there yet'} |`;
  });
  return ['| service | result |', '|---|---|', ...rows].join('\n');
}
