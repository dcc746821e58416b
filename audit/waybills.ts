import type { Facts, Finding } from './facts.ts';

/** What our row may say of a waybill that its carrier holds to be open, and of one that is cancelled there or unknown. */
const OPEN = new Set(['issued', 'handed_over']);
const NOT_OPEN = new Set(['refused', 'voided']);

/** I3: a waybill that a carrier gave out is ours once, under the same number, and what is void here is void there. */
export function auditWaybills(facts: Pick<Facts, 'waybills' | 'carrierWaybills'>): Finding[] {
  const ours = new Map(facts.waybills.map((waybill) => [waybill.waybillNo, waybill]));
  const openThere = facts.carrierWaybills.filter(({ cancelled }) => !cancelled);
  const theirs = new Map(openThere.map((waybill) => [waybill.waybillNo, waybill]));
  const problems = [
    ...openThere.flatMap(({ waybillNo, trackingNo }) => {
      const here = ours.get(waybillNo);
      if (!here) return [{ waybillNo, problem: 'the carrier has it, no row of ours does' }];
      if (!OPEN.has(here.state)) return [{ waybillNo, problem: `it is open there, ${here.state} here` }];
      return here.trackingNo === trackingNo
        ? []
        : [{ waybillNo, problem: `it is ${trackingNo} there, ${here.trackingNo} here` }];
    }),
    ...facts.waybills
      .filter(({ waybillNo, state }) => !theirs.has(waybillNo) && !NOT_OPEN.has(state))
      .map(({ waybillNo, state }) => ({
        waybillNo,
        problem: `the carrier has none that is open, it is ${state} here`,
      })),
  ];
  return problems.map(({ waybillNo, problem }) => ({
    invariant: 'I3',
    subject: `waybill ${waybillNo}`,
    problem,
  }));
}
