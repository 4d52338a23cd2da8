import type { AlertRules } from '../server/alert-rules.ts';
import { type AlertmanagerOptions, type AlertmanagerServer, startAlertmanager } from './alertmanager.ts';
import type { ProcessGroup } from './processes/process-group.ts';
import type { PrometheusServer } from './prometheus.ts';

/** The alerting of the embedded platform: rules in its Prometheus, and an Alertmanager once there are any. */
export interface Alerting extends AlertRules {
  /** Starts Alertmanager when rules of an earlier run are there. Throws ToolNotFoundError, ProcessStartError. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Alertmanager is fetched and started with the first rules, so that nobody waits for it who has no remediation. */
export function embeddedAlerting(
  processes: ProcessGroup,
  prometheus: PrometheusServer,
  options: AlertmanagerOptions,
): Alerting {
  let starting: Promise<AlertmanagerServer> | undefined;
  const start = async (): Promise<AlertmanagerServer> => {
    const alertmanager = await startAlertmanager(processes, options);
    await prometheus.setAlertmanager(alertmanager.address);
    return alertmanager;
  };
  const started = async (): Promise<void> => {
    starting ??= start();
    try {
      await starting;
    } catch (error) {
      starting = undefined; // the next rules try again
      throw error;
    }
  };
  return {
    replace: async (name, rules) => {
      if (rules !== undefined) await started();
      await prometheus.setRules(name, rules);
    },
    resume: async () => {
      if (await prometheus.hasRules()) await started();
    },
    stop: async () => (await starting?.catch(() => undefined))?.stop(),
  };
}
