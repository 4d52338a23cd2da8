import type { SliAnswerJson, SliFetch } from '../contracts/activities.ts';

/** The answer of a provider that failed for good: the gate reports it and never passes. */
export function unanswered({ start, end }: SliFetch, message: string): SliAnswerJson {
  return { status: 'errored', result: 'fail', message, start, end, values: [] };
}

/** Several answers to one gate: values in their order, the worst status and result count, labels are laid over each other. */
export function combineAnswers(answers: readonly SliAnswerJson[]): SliAnswerJson {
  const [first] = answers;
  if (first === undefined || answers.length === 1) {
    return first ?? { status: 'succeeded', result: 'pass', message: '', start: '', end: '', values: [] };
  }
  const worst = <T>(order: readonly T[], of: (answer: SliAnswerJson) => T): T =>
    order.find((level) => answers.some((answer) => of(answer) === level)) ?? of(first);
  const messages = answers.map(({ message }) => message).filter((message) => message !== '');
  const labels = Object.fromEntries(answers.flatMap((answer) => Object.entries(answer.labels ?? {})));
  return {
    status: worst(['errored', 'aborted', 'succeeded'] as const, (answer) => answer.status),
    result: worst(['fail', 'warning', 'pass'] as const, (answer) => answer.result),
    message: messages.join('; '),
    start: first.start,
    end: first.end,
    values: answers.flatMap((answer) => answer.values),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

/** Puts the values that a later try has found in the places of those that were missing. */
export function withLaterValues(earlier: SliAnswerJson, later: SliAnswerJson): SliAnswerJson {
  if (later.status !== 'succeeded') return earlier;
  const values = [...earlier.values];
  for (const value of later.values.filter(({ success }) => success)) {
    const place = values.findIndex(({ metric, success }) => metric === value.metric && !success);
    if (place < 0) values.push(value);
    else values[place] = value;
  }
  // "Nothing could be had" is no longer true once something was.
  const hadNone = !earlier.values.some(({ success }) => success);
  const heals = earlier.result === 'fail' && hadNone && values.some(({ success }) => success);
  if (!heals) return { ...earlier, values };
  const result = values.every(({ success }) => success) ? 'pass' : 'warning';
  return { ...earlier, result, message: '', values };
}
