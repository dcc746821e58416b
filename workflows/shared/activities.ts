import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';

/**
 * Steps: short, idempotent database work, run as local activities (one event each). A few quick tries in the worker,
 * then durable timers, so that a long outage of the database does not fill the history.
 */
export const steps = proxyLocalActivities<Activities>({
  startToCloseTimeout: '3s',
  localRetryThreshold: '5s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Calls to the outside, which may be slow or down. */
export const outside = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});
