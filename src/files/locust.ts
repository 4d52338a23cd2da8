import { listField, type ParsedFile, readYamlFile, textField } from './parsed-file.ts';

/** One workload of `locust/locust.conf.yaml`. */
export interface LocustWorkload {
  teststrategy: string;
  /** Path of the locust file; a leading slash is dropped. */
  script: string;
  /** Path of Locust's own configuration, empty when there is none. */
  conf: string;
}

/** `locust/locust.conf.yaml`. */
export interface LocustFile {
  specVersion: string;
  workloads: LocustWorkload[];
}

/** The workload of a strategy: the LAST match wins (locust-service); undefined means that nothing is run and the test passes. */
export function findLocustWorkload(file: LocustFile, strategy: string): LocustWorkload | undefined {
  return file.workloads.findLast(({ teststrategy }) => teststrategy === strategy);
}

/** Reads `locust/locust.conf.yaml`. */
export function parseLocust(text: string, file: string): ParsedFile<LocustFile> {
  return readYamlFile(text, { file }, (root, reader) => {
    const model: LocustFile = { specVersion: '', workloads: [] };
    reader.fields(root, [], {
      spec_version: textField(reader, (value) => {
        model.specVersion = value;
      }),
      workloads: listField(reader, (node, path) => {
        const workload = { teststrategy: '', script: '', conf: '' };
        model.workloads.push(workload);
        const field = (key: keyof LocustWorkload) =>
          textField(reader, (value) => {
            workload[key] = key === 'teststrategy' ? value : value.replace(/^\/+/, '');
          });
        reader.fields(node, path, {
          teststrategy: field('teststrategy'),
          script: field('script'),
          conf: field('conf'),
        });
      }),
    });
    return model;
  });
}
