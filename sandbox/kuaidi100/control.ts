import { type Context, Hono } from 'hono';
import { z } from 'zod';
import {
  answerErrors,
  bodyOf,
  deliveries,
  faultRoutes,
  instant,
  iso,
  listing,
  page,
  Refusal,
} from '../shared/control.ts';
import type { Notifier } from '../shared/notifier.ts';
import type { Books } from './books.ts';
import { placeOf } from './cities.ts';
import { nameOf } from './codes.ts';
import type { Desk } from './desk.ts';
import { faultSchema, type Kuaidi100Faults } from './faults.ts';
import type { Account } from './gateway.ts';
import { composePush, lastResult, MONITOR_STATUSES, NEVER_KNOWN, type PushContent } from './notices.ts';
import { CARRIERS, COURSES, type Parcel, pagePath, STATES, stateOf } from './parcel.ts';
import type { WaybillBooks } from './waybill.ts';
import { createWaybillControl } from './waybill-control.ts';

export interface ControlContext {
  books: Books;
  waybills: WaybillBooks;
  desk: Desk;
  faults: Kuaidi100Faults;
  notifier: Notifier<PushContent>;
  account: Account;
}

const carriers = z.enum(Object.keys(CARRIERS) as [keyof typeof CARRIERS]);
const states = z.enum(Object.keys(STATES) as [keyof typeof STATES]);
const named = z.object({ carrier: carriers, no: z.string().regex(/^[\w-]{6,32}$/) });
const happening = z.strictObject({
  state: states,
  statusCode: z
    .string()
    .regex(/^\d{1,4}$/)
    .optional(),
  text: z.string().min(1).optional(),
  at: instant.optional(),
  location: z.string().min(1).optional(),
});
const advance = z.strictObject({ to: states.optional() });
const newCourse = z.strictObject({ course: z.enum(COURSES) });
const toSign = z.strictObject({
  carrier: z.string(),
  trackingNo: z.string(),
  /** By default the subscription's. */
  salt: z.string().optional(),
  lastResult: z.record(z.string(), z.unknown()).default({}),
  status: z.enum(MONITOR_STATUSES).default('polling'),
  forged: z.boolean().default(false),
});
const newKeys = z
  .strictObject({ key: z.string().min(1).optional(), secret: z.string().min(1).optional() })
  .refine(({ key, secret }) => key !== undefined || secret !== undefined, 'name a key or a secret');
const newSettings = z.strictObject({
  autoAdvance: z.boolean().optional(),
  stepMs: z.int().positive().optional(),
});

/** What the carrier and Kuaidi100 offer to tests, demonstrations and auditors. */
export function createControl(context: ControlContext): Hono {
  const { books, waybills, desk, faults, notifier, account } = context;
  const control = new Hono();
  control.get('/parcels', (c) => {
    const { trades: parcels, nextCursor } = page(books.all(), listing.parse(c.req.query()), summary);
    return c.json({ parcels, nextCursor });
  });
  control.get('/parcels/:carrier/:no', (c) => withParcel(context, c, (parcel) => view(context, parcel)));
  control.post('/parcels/:carrier/:no/events', async (c) => {
    const { state, statusCode, text, at, location } = happening.parse(await bodyOf(c));
    const code = statusCode ?? STATES[state];
    const parcel = await parcelOf(context, c);
    await desk.addEvent(parcel, {
      state,
      code,
      text: text ?? nameOf(code, state),
      location: location === undefined ? null : placeOf(location),
      atMs: at ?? Date.now(),
    });
    return c.json(view(context, parcel));
  });
  control.post('/parcels/:carrier/:no/advance', async (c) => {
    const { to } = advance.parse(await bodyOf(c));
    const parcel = await parcelOf(context, c);
    await desk.advance(parcel, to);
    return c.json(view(context, parcel));
  });
  control.post('/parcels/:carrier/:no/course', async (c) => {
    const { course } = newCourse.parse(await bodyOf(c));
    const parcel = await parcelOf(context, c);
    await desk.setCourse(parcel, course);
    return c.json(view(context, parcel));
  });
  control.post('/parcels/:carrier/:no/notify', (c) =>
    withParcel(context, c, async ({ carrier, trackingNo }) => {
      const latest = notifier.of(trackingNo).at(-1);
      const attempt = latest?.content.carrier === carrier && (await notifier.sendAgain(trackingNo));
      if (!attempt) throw new Refusal('NO_NOTIFICATION', 'nothing has been told about this parcel last');
      return attempt;
    }),
  );
  control.route('/waybills', createWaybillControl(waybills));
  faultRoutes(control, { faults, schema: faultSchema, release: () => desk.release() });
  control.post('/sign', async (c) => c.json(sign(books, toSign.parse(await bodyOf(c)))));
  control.post('/keys', async (c) => {
    const { key = account.key, secret = account.secret } = newKeys.parse(await bodyOf(c));
    Object.assign(account, { key, secret });
    return c.json({ customer: account.customer });
  });
  control.post('/settings', async (c) => {
    const { autoAdvance = books.settings.autoAdvance, stepMs = books.settings.stepMs } = newSettings.parse(
      await bodyOf(c),
    );
    await desk.setSettings({ autoAdvance, stepMs });
    return c.json(books.settings);
  });
  answerErrors(control);
  return control;
}

async function withParcel(
  { books }: ControlContext,
  c: Context,
  act: (parcel: Parcel) => object | Promise<object>,
): Promise<Response> {
  const parcel = books.find(c.req.param('carrier') ?? '', c.req.param('no') ?? '');
  if (!parcel) return c.json({ error: 'unknown_parcel', message: 'The carrier has no such parcel.' }, 404);
  return c.json(await act(parcel));
}

/** The parcel of the address; the carrier gets one that it has not got yet. */
function parcelOf({ desk }: ControlContext, c: Context): Promise<Parcel> {
  const { carrier, no } = named.parse(c.req.param());
  return desk.parcel(carrier, no);
}

function summary(parcel: Parcel): object {
  return {
    carrier: parcel.carrier,
    trackingNo: parcel.trackingNo,
    state: stateOf(parcel),
    course: parcel.course,
    stalled: parcel.stalled,
    subscribed: parcel.subscription !== null,
    ended: parcel.subscription?.ended ?? false,
    callbackUrl: parcel.subscription?.callbackUrl ?? null,
    pagePath: pagePath(parcel),
    createdAt: iso(parcel.createdMs),
    updatedAt: iso(parcel.updatedMs),
    events: parcel.events.map(({ state, code, text, location, atMs }) => ({
      at: iso(atMs),
      state,
      statusCode: code,
      text,
      location: location?.name ?? null,
    })),
  };
}

function view({ notifier }: ControlContext, parcel: Parcel): object {
  const told = notifier.of(parcel.trackingNo).filter(({ content }) => content.carrier === parcel.carrier);
  return { ...summary(parcel), notifications: deliveries(told, ({ status }) => status) };
}

/** A push as Kuaidi100 would make it: over the parcel's true report, overridden by `lastResult`. */
function sign(
  books: Books,
  { carrier, trackingNo, salt, lastResult: overrides, status, forged }: z.infer<typeof toSign>,
): { headers: Record<string, string>; body: string } {
  const parcel = books.find(carrier, trackingNo);
  const known = salt ?? parcel?.subscription?.salt;
  if (known === undefined) throw new Refusal('NO_SALT', 'the parcel is not watched: give a salt');
  const truth = parcel
    ? lastResult(parcel, parcel.subscription?.resultv2 ?? '')
    : { nu: trackingNo, com: carrier, ischeck: '0', state: '0', data: [], ...NEVER_KNOWN.result };
  const content = {
    carrier,
    salt: known,
    status,
    message: status === 'abort' ? NEVER_KNOWN.monitor : '',
    lastResult: { ...truth, ...overrides },
  };
  return composePush(content, forged);
}
