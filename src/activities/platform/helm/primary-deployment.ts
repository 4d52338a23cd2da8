import type { JsonObject } from '../../../contracts/json.ts';
import { PlatformTerminalError } from '../errors.ts';
import type { Template } from './chart.ts';
import { selects } from './label-selector.ts';
import { podLabels } from './main-objects.ts';
import { cleanMetadata, mapStrings, objectAt, objectName } from './objects.ts';
import { suffixLabels, suffixSelector, suffixSelectors } from './side-labels.ts';
import { sideName } from './side-name.ts';

/**
 * The primary's copy of the user's Deployment (helm-service 0.18). With an autoscaler the number of replicas is its own: a
 * value in the chart would undo it at every upgrade. Throws PlatformTerminalError when the user's Deployment would select the
 * copy's pods as well.
 */
export function primaryDeployment(
  deployment: JsonObject,
  keys: readonly string[],
  autoscaled: boolean,
): Template {
  const name = sideName(objectName(deployment), 'primary');
  const { status: _status, ...rest } = deployment;
  const { replicas, ...spec } = objectAt(deployment, 'spec') ?? {};
  const own = podLabels(deployment);
  const labels = suffixLabels(own, keys);
  const selector = objectAt(deployment, 'spec', 'selector') ?? {};
  if (selects(selector, labels)) {
    throw new PlatformTerminalError(
      `Deployment ${objectName(deployment)} selects its pods by expressions that the pods of its primary meet too; give its selector a label by its value, such as matchLabels: {app: ${objectName(deployment)}}`,
    );
  }
  const copy: JsonObject = {
    ...rest,
    metadata: { ...cleanMetadata(deployment), name },
    spec: {
      ...(autoscaled || replicas === undefined ? {} : { replicas }),
      ...spec,
      selector: suffixSelector(selector, keys),
      template: {
        ...objectAt(deployment, 'spec', 'template'),
        metadata: { ...objectAt(deployment, 'spec', 'template', 'metadata'), labels },
        spec: suffixSelectors(objectAt(deployment, 'spec', 'template', 'spec') ?? {}, own, keys),
      },
    },
  };
  const object = mapStrings(copy, (text) =>
    text.replaceAll('keptn_deployment=canary', 'keptn_deployment=primary'),
  );
  return { file: `${name}-deployment.yaml`, object };
}
