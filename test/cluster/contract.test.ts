import { describePlatformContract } from '../contract/platform.ts';
import { describeTrafficContract } from '../contract/traffic.ts';
import { clusterHarness } from './contract-harness.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();

describePlatformContract('Helm on a real cluster', () => clusterHarness(target, 'istio'));
describeTrafficContract('Istio VirtualServices', () => clusterHarness(target, 'istio'));
describeTrafficContract('Gateway API HTTPRoutes', () => clusterHarness(target, 'gateway-api'));
