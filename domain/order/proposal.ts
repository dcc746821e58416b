import type { Fen } from '../money.ts';

/** A large refund that somebody asked for, and that another person must approve (RF-8, RT-3). */
export interface NewProposal {
  proposalNo: string;
  orderNo: string;
  caseNo: string | null;
  amountFen: Fen;
  /** The message that carries it out. */
  kind: string;
  payload: Record<string, unknown>;
  /** Of the request that asked for it (SB-6). */
  bodyHash: string;
  proposedBy: string;
}

export interface Proposal {
  proposalNo: string;
  proposedBy: string;
  state: 'open' | 'approved' | 'refused';
}

/** What the second person says, by name as in the log. */
export interface SecondOpinion {
  by: string;
  words: string;
}

export interface DecidedProposal {
  proposalNo: string;
  state: 'approved' | 'refused';
  decidedBy: string;
  words: string;
}

export const approvalItemOf = (proposalNo: string): string => `refund-approval-${proposalNo}`;

/** One person is one person in every role: `merchant:X` is `platform:X`. */
export const isSamePerson = (one: string, other: string): boolean =>
  one.slice(one.indexOf(':')) === other.slice(other.indexOf(':'));
