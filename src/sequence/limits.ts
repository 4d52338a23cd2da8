/**
 * How often one context may run the same sequence of a stage before its follow-ups are left out: the bound for
 * shipyards whose sequences trigger themselves without end. A remediation with an evaluation every 15 minutes
 * reaches it after a day.
 */
export const MAX_OCCURRENCES = 100;

/** The words for a follow-up that is not started because of {@link MAX_OCCURRENCES}. */
export function tooManyOccurrences(stage: string, sequence: string): string {
  return (
    `${stage}.${sequence} was not started again: it ran ${MAX_OCCURRENCES} times in this context, ` +
    'so its triggeredOn seems to form a cycle that never ends'
  );
}

/** Temporal takes 2 MiB per message; what is larger could be sent again and again without ever arriving. */
export const MAX_PAYLOAD_BYTES = 1_900_000;
