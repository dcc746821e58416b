CREATE TABLE "goodwill_days" (
	"operator" text NOT NULL,
	"day" date NOT NULL,
	"used_fen" bigint NOT NULL,
	"limit_fen" bigint NOT NULL,
	CONSTRAINT "goodwill_days_operator_day_pk" PRIMARY KEY("operator","day")
);
--> statement-breakpoint
CREATE TABLE "refund_policies" (
	"policy_id" text PRIMARY KEY NOT NULL,
	"merchant_goodwill_per_day_fen" bigint NOT NULL,
	"service_goodwill_per_day_fen" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "goodwill" jsonb DEFAULT '{}'::jsonb NOT NULL;