CREATE TABLE "refund_proposals" (
	"proposal_no" text PRIMARY KEY NOT NULL,
	"order_no" text NOT NULL,
	"case_no" text,
	"amount_fen" bigint NOT NULL,
	"kind" text NOT NULL,
	"payload" jsonb NOT NULL,
	"body_hash" text NOT NULL,
	"proposed_by" text NOT NULL,
	"proposed_at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"words" text
);
--> statement-breakpoint
ALTER TABLE "refund_policies" ADD COLUMN "second_person_from_fen" bigint NOT NULL;--> statement-breakpoint
CREATE INDEX "refund_proposals_order" ON "refund_proposals" USING btree ("order_no");