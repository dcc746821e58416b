import { createRoute, z } from '@hono/zod-openapi';
import { takeSharedTrack } from '../../db/commands/shared-parcels.ts';
import { findParcel } from '../../db/queries/parcels.ts';
import type { TrackingService } from '../../providers/tracking/port.ts';
import { tellQuietly } from '../commands.ts';
import type { App, Deps } from '../context.ts';

const answer = (description: string) => ({ description });
const route = createRoute({
  method: 'post',
  path: '/callbacks/kuaidi100/{shipmentNo}',
  tags: ['Callbacks'],
  summary: 'The tracking service’s report of one parcel, signed with that parcel’s own secret (LG-1)',
  request: { params: z.object({ shipmentNo: z.string().min(1).max(64) }) },
  responses: {
    200: answer('Taken'),
    401: answer('Not believed: not signed with the secret of this parcel'),
    404: answer('Not one of our parcels'),
    503: answer('Not stored; tell us again'),
  },
});

type Outcome = Parameters<TrackingService['acknowledgement']>[0];

/**
 * Verified, stored, acknowledged: events are rows, and only milestones reach the order's workflow. The service tells of a
 * number once, so the report is every shipment's in the parcel (FU-8).
 */
export function registerTrackingCallback(app: App, deps: Deps): void {
  app.openapi(route, async (c) => {
    const { shipmentNo } = c.req.valid('param');
    const rawBody = await c.req.text();
    const outcome = await take(deps, shipmentNo, rawBody, (name) => c.req.header(name));
    const { status, contentType, body } = deps.tracking.acknowledgement(outcome);
    return c.body(body, status, { 'content-type': contentType });
  });
}

async function take(
  deps: Deps,
  shipmentNo: string,
  rawBody: string,
  header: (name: string) => string | undefined,
): Promise<Outcome> {
  try {
    const parcel = await findParcel(deps.db, shipmentNo);
    if (!parcel?.trackSalt) return 'unknown';
    const now = deps.now();
    const verified = deps.tracking.verify({ rawBody, header, receivedAt: now }, parcel.trackSalt);
    if (!verified.ok) {
      deps.logger.warn({ shipmentNo, reason: verified.reason }, 'a track report was refused');
      return 'refused';
    }
    const { track } = verified;
    // Genuine and about another parcel: a number that was corrected since, or somebody else's.
    if (track.carrier !== parcel.carrier || track.trackingNo !== parcel.trackingNo) return 'unknown';
    const { messages, failures } = await takeSharedTrack(deps.db, shipmentNo, track, now);
    for (const { orderNo, caseNo, inboxId } of messages)
      tellQuietly(deps, orderNo, () =>
        caseNo === null
          ? deps.workflows.signalOrder(orderNo, 'parcel_reported', inboxId)
          : deps.workflows.signalCase(caseNo, inboxId),
      );
    for (const failure of failures)
      deps.logger.error(
        { shipmentNo: failure.shipmentNo, err: failure.error },
        'a track report could not be stored',
      );
    return failures.length === 0 ? 'taken' : 'failed';
  } catch (error) {
    deps.logger.error({ shipmentNo, err: error }, 'a track report could not be stored');
    return 'failed';
  }
}
