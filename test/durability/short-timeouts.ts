import type { WorkflowInterceptors } from '@temporalio/workflow';

/** So that a killed worker is noticed after three seconds instead of fifteen; nothing else differs from the product. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity: (input, next) =>
        next({
          ...input,
          options: {
            ...input.options,
            heartbeatTimeout: '3s',
            retry: { ...input.options.retry, initialInterval: '100ms' },
          },
        }),
      startChildWorkflowExecution: (input, next) =>
        next({ ...input, options: { ...input.options, workflowTaskTimeout: '1s' } }),
    },
  ],
});
