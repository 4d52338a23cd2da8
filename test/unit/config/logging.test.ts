import assert from 'node:assert/strict';
import { createLogger, loggerForRun } from '../../../src/logging.ts';

describe('the log', () => {
  const written = (write: (stream: { write(line: string): void }) => void): Record<string, unknown>[] => {
    const lines: string[] = [];
    write({ write: (line) => void lines.push(line) });
    return lines.map((line) => JSON.parse(line));
  };

  it('is JSON lines with level, time, component and the ids of the run', () => {
    const [line] = written((stream) => {
      const logger = createLogger({ component: 'worker', stream });
      loggerForRun(logger, { keptnContext: 'ctx', workflowId: 'sequence/tour/ctx' }).warn(
        { attempt: 2 },
        'again',
      );
    });
    const { time, ...rest } = line ?? {};
    assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
    const ids = { keptnContext: 'ctx', workflowId: 'sequence/tour/ctx' };
    assert.deepEqual(rest, { level: 'warn', component: 'worker', ...ids, attempt: 2, msg: 'again' });
  });

  it('leaves out what is below its level', () => {
    const lines = written((stream) => {
      const logger = createLogger({ component: 'worker', level: 'warn', stream });
      logger.info('quiet');
      logger.error('loud');
    });
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['loud'],
    );
  });

  it('never writes the values of secret fields', () => {
    const [line] = written((stream) => {
      const secrets = {
        token: 's3cret',
        headers: { 'x-token': 's3cret', authorization: 's3cret', host: 'h' },
      };
      createLogger({ component: 'server', stream }).info(secrets, 'request');
    });
    assert.doesNotMatch(JSON.stringify(line), /s3cret/);
    assert.match(JSON.stringify(line), /"host":"h"/);
  });
});
