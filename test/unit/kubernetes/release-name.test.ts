import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { chartName, namespaceOf, releaseName } from '../../../src/activities/platform/helm/release-name.ts';

describe('Helm release names', () => {
  const of = (project: string, stage: string, service: string, generated = false): string =>
    releaseName({ project, stage, service }, generated);

  it('join project, stage and service', () => {
    assert.equal(of('sockshop', 'dev', 'carts'), 'sockshop-dev-carts');
    assert.equal(of('sockshop', 'dev', 'carts', true), 'sockshop-dev-carts-generated');
    assert.equal(namespaceOf({ project: 'sockshop', stage: 'dev' }), 'sockshop-dev');
    assert.equal(chartName('carts', true), 'carts-generated');
  });

  it('keep 52 characters and leave the project out at 53', () => {
    assert.equal(of('p'.repeat(40), 'dev', 'service'), `${'p'.repeat(40)}-dev-service`);
    assert.equal(of('p'.repeat(41), 'dev', 'service'), 'dev-service');
  });

  it('leave the stage out next, then the end of the service', () => {
    assert.equal(of('p', 's'.repeat(50), 'carts'), 'carts');
    assert.equal(of('p', 's', 'x'.repeat(60)), 'x'.repeat(52));
    assert.equal(of('p', 's', 'x'.repeat(60), true), `${'x'.repeat(42)}-generated`);
  });

  it('never have more than 52 characters', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,80}[a-z0-9]$/);
    fc.assert(
      fc.property(name, name, name, fc.boolean(), (project, stage, service, generated) => {
        const result = of(project, stage, service, generated);
        return (
          result.length <= 52 &&
          result.endsWith(generated ? '-generated' : '') &&
          result.includes(service.slice(0, 42))
        );
      }),
    );
  });
});
