CREATE TABLE "payment_declines" (
	"out_trade_no" text NOT NULL,
	"event_key" text NOT NULL,
	"provider_code" text NOT NULL,
	"code" text NOT NULL,
	"zh" text NOT NULL,
	"en" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "payment_declines_out_trade_no_event_key_pk" PRIMARY KEY("out_trade_no","event_key")
);
--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "price_cut_fen" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "freight_cut_fen" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "given_back_fen" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "provider_ref" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "funding" text;--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "source" text;--> statement-breakpoint
-- Refunds made before: money that a money-in voucher took belonged to no open order.
UPDATE "refunds" r SET "source" = CASE WHEN EXISTS (
  SELECT 1 FROM "vouchers" v WHERE v."voucher_no" = r."order_no" || '-IN-' || r."out_trade_no"
) THEN 'unallocated' ELSE 'deposits' END;--> statement-breakpoint
ALTER TABLE "refunds" ALTER COLUMN "source" SET NOT NULL;--> statement-breakpoint
UPDATE "orders" o SET "given_back_fen" = r."fen" FROM (
  SELECT "order_no", sum("amount_fen") AS "fen" FROM "refunds" WHERE "source" = 'deposits' GROUP BY 1
) r WHERE r."order_no" = o."order_no";--> statement-breakpoint
ALTER TABLE "refunds" ADD COLUMN "proof" text;--> statement-breakpoint
ALTER TABLE "work_items" ADD COLUMN "closed_by" text;--> statement-breakpoint
ALTER TABLE "payment_declines" ADD CONSTRAINT "payment_declines_out_trade_no_payments_out_trade_no_fk" FOREIGN KEY ("out_trade_no") REFERENCES "public"."payments"("out_trade_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "refunds_payment" ON "refunds" USING btree ("out_trade_no");--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_given_back" CHECK ("orders"."given_back_fen" between 0 and "orders"."payable_fen" - "orders"."price_cut_fen" - "orders"."freight_cut_fen");--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_cuts" CHECK (least("orders"."price_cut_fen", "orders"."freight_cut_fen") >= 0 and "orders"."freight_cut_fen" <= "orders"."freight_fen");