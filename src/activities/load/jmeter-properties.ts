import type { LoadWorkload } from '../../files/load.ts';
import type { LoadRequest } from './load-tool.ts';

/** How JMeter works and what it writes: no control port, a summary every six seconds, few columns. */
const OWN: { readonly [name: string]: string } = {
  'jmeterengine.nongui.port': '0',
  'summariser.interval': '6',
  'jmeter.save.saveservice.output_format': 'csv',
  'jmeter.save.saveservice.print_field_names': 'true',
  ...Object.fromEntries(
    [
      'url',
      'thread_name',
      'thread_counts',
      'bytes',
      'sent_bytes',
      'idle_time',
      'connect_time',
      'data_type',
    ].map((column) => [`jmeter.save.saveservice.${column}`, 'false']),
  ),
};

/**
 * The properties that a script reads with `__P`, exactly those of jmeter-service. DT_TENANT and DT_API_TOKEN are empty: a token does not
 * belong on a command line. The workload's own `properties` are not passed, as there.
 */
export function jmeterProperties(
  { project, stage, service, strategy, keptnContext = '' }: LoadRequest,
  workload: LoadWorkload,
  target: URL,
): { [name: string]: string } {
  const protocol = target.protocol.replace(':', '');
  return {
    ...OWN,
    PROTOCOL: protocol,
    SERVER_PROTOCOL: protocol,
    SERVER_URL: target.hostname,
    DT_LTN: [project, service, stage, strategy, keptnContext].join('_'),
    VUCount: `${workload.vuser}`,
    LoopCount: `${workload.loopcount}`,
    CHECK_PATH: `${target.pathname}${target.search}`,
    SERVER_PORT: target.port || (protocol === 'https' ? '443' : '80'),
    ThinkTime: `${workload.thinktime}`,
    DT_TENANT: '',
    DT_API_TOKEN: '',
    KEPTN_PROJECT: project,
    KEPTN_STAGE: stage,
    KEPTN_SERVICE: service,
    KEPTN_TESTSTRATEGY: strategy,
  };
}
