import { proxyActivities } from '@temporalio/workflow';
import type { DeploymentPreview, PreviewActivities, PreviewRequest } from '../contracts/preview.ts';

/** Asks a worker, since only workers know the platform, what deployments would change; the answer ends the run. */
export async function preview(requests: PreviewRequest[]): Promise<DeploymentPreview[]> {
  const { previewDeployment } = proxyActivities<PreviewActivities>({
    startToCloseTimeout: '20s',
    scheduleToCloseTimeout: '25s',
    retry: { initialInterval: '500ms', maximumAttempts: 3 },
    summary: 'preview, nothing is written',
  });
  return Promise.all(requests.map((request) => previewDeployment(request)));
}
