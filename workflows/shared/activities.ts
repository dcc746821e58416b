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

/** The same with an end: for work whose workflow has something better to do than to wait for ever. */
export const outsideForAWhile = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '5 minutes',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** A single try: for a question whose workflow asks again by itself. */
export const outsideOnce = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { maximumAttempts: 1 },
});

/** Calls to the outside, which may be slow or down. */
export const outside = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});
