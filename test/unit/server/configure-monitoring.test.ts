import assert from 'node:assert/strict';
import type { KeptnEvent } from '../../../src/contracts/events.ts';
import { eventsApi } from './events-api.ts';

describe('the API of configure monitoring', function () {
  this.timeout(120_000);
  const { api, project, contextOf, stored } = eventsApi();

  it('answers configure monitoring itself and notes the provider', async () => {
    const configure = (type: string) =>
      contextOf({
        type: 'sh.keptn.event.monitoring.configure',
        source: 'cli',
        data: { project, service: 'svc', type },
      });
    const find = async (keptnContext: string): Promise<KeptnEvent | undefined> =>
      (await stored(`keptnContext=${keptnContext}&type=sh.keptn.event.configure-monitoring.finished`))[0];
    const done = await find(await configure('prometheus'));
    assert.equal(done?.data.result, 'pass');
    assert.match(String(done?.data.message), /^Monitoring successfully configured/);
    assert.equal((await api.store.project(project))?.sliProvider, 'prometheus');
    const failed = await find(await configure('nagios'));
    assert.equal(failed?.data.result, 'fail');
    assert.equal((await api.store.project(project))?.sliProvider, 'prometheus');
  });

  it('takes any name of a provider that a living integration measures for', async () => {
    const configure = async (): Promise<KeptnEvent | undefined> => {
      const type = 'sh.keptn.event.monitoring.configure';
      const keptnContext = await contextOf({ type, source: 'cli', data: { project, type: 'splunk' } });
      return (
        await stored(`keptnContext=${keptnContext}&type=sh.keptn.event.configure-monitoring.finished`)
      )[0];
    };
    const refused = await configure();
    assert.match(String(refused?.data.message), /^"splunk" is no monitoring tool: .*get-sli\.triggered$/);
    const subscriptions = (event: string) => ({ name: 'splunk-sli', subscriptions: [{ event }] });
    await api.store.saveRegistration('splunk', subscriptions('sh.keptn.>'));
    assert.equal((await configure())?.data.result, 'fail');
    await api.store.saveRegistration('splunk', subscriptions('sh.keptn.event.get-sli.triggered'));
    const done = await configure();
    assert.equal(done?.data.result, 'pass');
    assert.equal(
      done?.data.message,
      `Monitoring successfully configured: the SLIs of project ${project} come from splunk`,
    );
    assert.equal((await api.store.project(project))?.sliProvider, 'splunk');
  });

  it('answers configure monitoring with the alert rules of the stages that have the files for them', async () => {
    const scope = { project, stage: 'production', service: 'svc' };
    const slo = "objectives: [{sli: throughput, pass: [{criteria: ['>5']}]}]";
    const remediation = 'apiVersion: spec.keptn.sh/0.1.4\nkind: Remediation\nspec: {remediations: []}';
    const answer = async (): Promise<KeptnEvent | undefined> => {
      const keptnContext = await contextOf({
        type: 'sh.keptn.event.monitoring.configure',
        source: 'cli',
        data: { project, service: 'svc', type: 'prometheus' },
      });
      return (
        await stored(`keptnContext=${keptnContext}&type=sh.keptn.event.configure-monitoring.finished`)
      )[0];
    };
    const write = (uri: string, text: string) =>
      api.config.write(scope, [{ uri, content: Buffer.from(text) }], `Write ${uri}`);
    await write('slo.yaml', slo);
    assert.equal((await answer())?.data['x-alert-rules'], undefined);
    await write('remediation.yaml', remediation);
    const done = await answer();
    const rules = done?.data['x-alert-rules'] as { groups: { name: string; rules: { alert: string }[] }[] };
    assert.deepEqual(
      rules.groups.map(({ name, rules: [rule] }) => [name, rule?.alert]),
      [[`svc ${project}-production alerts`, 'throughput']],
    );
    assert.match(String(done?.data.message), /Alerts of svc: throughput; give them to your Prometheus/);
    await write('remediation.yaml', 'kind: Remediation');
    const refused = await answer();
    assert.equal(refused?.data.result, 'fail');
    assert.match(String(refused?.data.message), /stage production: remediation.yaml:1:1.*apiVersion/);
  });
});
