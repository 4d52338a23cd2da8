import { type ParsedFile, readYamlFile } from './parsed-file.ts';

/** `helm/endpoints.yaml`: where a service runs that Slipway does not deploy itself (strategy user_managed). */
export interface EndpointsFile {
  deploymentURIsLocal: string[];
  deploymentURIsPublic: string[];
}

/**
 * Reads `helm/endpoints.yaml`. Any text is passed on, as helm-service 0.18 did; one that is no absolute http or https address is
 * warned about, because no test can use it.
 */
export function parseEndpoints(text: string, file: string): ParsedFile<EndpointsFile> {
  return readYamlFile(text, { file }, (root, { decoder, fields, report }) => {
    const model: EndpointsFile = { deploymentURIsLocal: [], deploymentURIsPublic: [] };
    const into =
      (list: string[]) => (node: Parameters<typeof decoder.list>[0], path: readonly (string | number)[]) => {
        decoder.list(node, path, (item, place) => {
          const address = decoder.text(item, place);
          if (typeof address !== 'string') return;
          list.push(address);
          if (isWebAddress(address)) return;
          const hint = 'for example http://carts.dev.svc:80';
          report(place, `"${address}" is no http or https address: it cannot be tested`, {
            severity: 'warning',
            hint,
          });
        });
      };
    fields(root, [], {
      deploymentURIsLocal: into(model.deploymentURIsLocal),
      deploymentURIsPublic: into(model.deploymentURIsPublic),
    });
    return model;
  });
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
