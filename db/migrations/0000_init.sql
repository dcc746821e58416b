CREATE TABLE "coupons" (
	"coupon_id" text PRIMARY KEY NOT NULL,
	"buyer_id" text NOT NULL,
	"name" text NOT NULL,
	"scope" jsonb NOT NULL,
	"issuer" text NOT NULL,
	"threshold_fen" bigint NOT NULL,
	"benefit" jsonb NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_to" timestamp with time zone NOT NULL,
	"state" text DEFAULT 'available' NOT NULL,
	"order_no" text
);
--> statement-breakpoint
CREATE TABLE "member_levels" (
	"level" text PRIMARY KEY NOT NULL,
	"percent" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "points_accounts" (
	"buyer_id" text PRIMARY KEY NOT NULL,
	"balance" integer DEFAULT 0 NOT NULL,
	"frozen" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "points_movements" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "points_movements_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"buyer_id" text NOT NULL,
	"order_no" text,
	"cause" text NOT NULL,
	"balance_delta" integer NOT NULL,
	"frozen_delta" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "points_movements_once" UNIQUE("order_no","cause")
);
--> statement-breakpoint
CREATE TABLE "promotions" (
	"promotion_id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"scope" jsonb NOT NULL,
	"issuer" text NOT NULL,
	"tiers" jsonb NOT NULL,
	"per_full" boolean DEFAULT false NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_to" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "addresses" (
	"address_id" text PRIMARY KEY NOT NULL,
	"buyer_id" text NOT NULL,
	"region" text NOT NULL,
	"sealed_contact" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "buyer_keys" (
	"buyer_id" text PRIMARY KEY NOT NULL,
	"wrapped_key" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "buyers" (
	"buyer_id" text PRIMARY KEY NOT NULL,
	"member_level" text DEFAULT 'standard' NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cart_items" (
	"buyer_id" text NOT NULL,
	"sku_id" text NOT NULL,
	"quantity" integer NOT NULL,
	"added_at" timestamp with time zone NOT NULL,
	CONSTRAINT "cart_items_buyer_id_sku_id_pk" PRIMARY KEY("buyer_id","sku_id")
);
--> statement-breakpoint
CREATE TABLE "contracts" (
	"contract_id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_to" timestamp with time zone,
	"settle_after_seconds" integer NOT NULL,
	"commission_bps" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "freight_templates" (
	"freight_template_id" text PRIMARY KEY NOT NULL,
	"shop_id" text NOT NULL,
	"measure" text NOT NULL,
	"rates" jsonb NOT NULL,
	"free_above_fen" bigint,
	"free_above_pieces" integer,
	"undeliverable_regions" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "merchants" (
	"merchant_id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"contact" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shops" (
	"shop_id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"payment_timeout_seconds" integer DEFAULT 1800 NOT NULL,
	"payment_timeout_by_category" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"auto_receipt_seconds" integer DEFAULT 864000 NOT NULL,
	"ship_within_seconds" integer DEFAULT 172800 NOT NULL,
	"payment_methods" text[] NOT NULL
);
--> statement-breakpoint
CREATE TABLE "skus" (
	"sku_id" text PRIMARY KEY NOT NULL,
	"shop_id" text NOT NULL,
	"title" text NOT NULL,
	"spec" text NOT NULL,
	"category" text NOT NULL,
	"price_fen" bigint NOT NULL,
	"weight_grams" integer NOT NULL,
	"volume_cm3" integer NOT NULL,
	"member_price_eligible" boolean DEFAULT false NOT NULL,
	"freight_template_id" text NOT NULL,
	"inventory_mode" text NOT NULL,
	"rating_hundredths" integer,
	"on_sale" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE TABLE "postings" (
	"voucher_no" text NOT NULL,
	"seq" integer NOT NULL,
	"debit" text NOT NULL,
	"credit" text NOT NULL,
	"amount_fen" bigint NOT NULL,
	CONSTRAINT "postings_voucher_no_seq_pk" PRIMARY KEY("voucher_no","seq"),
	CONSTRAINT "postings_amount" CHECK ("postings"."amount_fen" >= 0),
	CONSTRAINT "postings_two_accounts" CHECK ("postings"."debit" <> "postings"."credit")
);
--> statement-breakpoint
CREATE TABLE "settlement_lines" (
	"order_no" text NOT NULL,
	"line_no" integer NOT NULL,
	"merchant_id" text NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"base_fen" bigint NOT NULL,
	"commission_fen" bigint NOT NULL,
	"net_fen" bigint NOT NULL,
	"state" text DEFAULT 'due' NOT NULL,
	"settlement_no" text,
	"settled_at" timestamp with time zone,
	CONSTRAINT "settlement_lines_order_no_line_no_pk" PRIMARY KEY("order_no","line_no")
);
--> statement-breakpoint
CREATE TABLE "vouchers" (
	"voucher_no" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"order_no" text NOT NULL,
	"root_no" text NOT NULL,
	"cause" text NOT NULL,
	"operator" text NOT NULL,
	"reverses" text,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shipments" (
	"shipment_no" text PRIMARY KEY NOT NULL,
	"order_no" text NOT NULL,
	"root_no" text NOT NULL,
	"carrier" text NOT NULL,
	"tracking_no" text NOT NULL,
	"shipped_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stock_levels" (
	"sku_id" text NOT NULL,
	"warehouse_id" text NOT NULL,
	"on_hand" integer NOT NULL,
	"reserved" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "stock_levels_sku_id_warehouse_id_pk" PRIMARY KEY("sku_id","warehouse_id"),
	CONSTRAINT "stock_levels_reserved" CHECK ("stock_levels"."reserved" >= 0),
	CONSTRAINT "stock_levels_available" CHECK ("stock_levels"."on_hand" >= "stock_levels"."reserved")
);
--> statement-breakpoint
CREATE TABLE "stock_movements" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "stock_movements_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"sku_id" text NOT NULL,
	"warehouse_id" text NOT NULL,
	"order_no" text,
	"cause" text NOT NULL,
	"on_hand_delta" integer NOT NULL,
	"reserved_delta" integer NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "stock_movements_once" UNIQUE("order_no","sku_id","warehouse_id","cause")
);
--> statement-breakpoint
CREATE TABLE "order_holds" (
	"hold_id" text PRIMARY KEY NOT NULL,
	"order_no" text NOT NULL,
	"reason" text NOT NULL,
	"placed_by" text NOT NULL,
	"placed_at" timestamp with time zone NOT NULL,
	"released_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "order_lines" (
	"order_no" text NOT NULL,
	"line_no" integer NOT NULL,
	"sku_id" text NOT NULL,
	"title" text NOT NULL,
	"spec" text NOT NULL,
	"category" text NOT NULL,
	"quantity" integer NOT NULL,
	"unit_price_fen" bigint NOT NULL,
	"goods_fen" bigint NOT NULL,
	"discounts" jsonb NOT NULL,
	"discount_fen" bigint NOT NULL,
	"shop_discount_fen" bigint NOT NULL,
	"freight_fen" bigint NOT NULL,
	"points" integer NOT NULL,
	"points_fen" bigint NOT NULL,
	"payable_fen" bigint NOT NULL,
	"warehouse_id" text NOT NULL,
	"inventory_mode" text NOT NULL,
	CONSTRAINT "order_lines_order_no_line_no_pk" PRIMARY KEY("order_no","line_no")
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"order_no" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"root_no" text NOT NULL,
	"parent_no" text,
	"payment_root_no" text NOT NULL,
	"split_rule" text,
	"buyer_id" text NOT NULL,
	"shop_id" text,
	"merchant_id" text,
	"goods_fen" bigint NOT NULL,
	"discount_fen" bigint NOT NULL,
	"shop_discount_fen" bigint NOT NULL,
	"freight_fen" bigint NOT NULL,
	"points" integer NOT NULL,
	"points_fen" bigint NOT NULL,
	"payable_fen" bigint NOT NULL,
	"price_steps" jsonb NOT NULL,
	"coupon_ids" text[] NOT NULL,
	"region" text NOT NULL,
	"sealed_contact" "bytea" NOT NULL,
	"quote_id" text NOT NULL,
	"auto_receipt_seconds" integer NOT NULL,
	"ship_within_seconds" integer NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"version" integer NOT NULL,
	"payment_deadline" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"review" text NOT NULL,
	"review_reason" text,
	"contract_id" text,
	"paid_at" timestamp with time zone,
	"shipped_at" timestamp with time zone,
	"auto_receipt_at" timestamp with time zone,
	"holds" integer DEFAULT 0 NOT NULL,
	"receipt_extended" boolean DEFAULT false NOT NULL,
	"clock_left_ms" bigint,
	"ended_at" timestamp with time zone,
	"end_reason" text
);
--> statement-breakpoint
CREATE TABLE "payment_allocations" (
	"out_trade_no" text NOT NULL,
	"order_no" text NOT NULL,
	"amount_fen" bigint NOT NULL,
	CONSTRAINT "payment_allocations_out_trade_no_order_no_pk" PRIMARY KEY("out_trade_no","order_no")
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"out_trade_no" text PRIMARY KEY NOT NULL,
	"order_no" text NOT NULL,
	"attempt" integer NOT NULL,
	"method" text NOT NULL,
	"provider" text NOT NULL,
	"amount_fen" bigint NOT NULL,
	"state" text NOT NULL,
	"action" jsonb,
	"failure" jsonb,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"provider_trade_no" text,
	"paid_at" timestamp with time zone,
	"received_fen" bigint
);
--> statement-breakpoint
CREATE TABLE "refunds" (
	"refund_no" text PRIMARY KEY NOT NULL,
	"out_trade_no" text NOT NULL,
	"order_no" text NOT NULL,
	"amount_fen" bigint NOT NULL,
	"reason" text NOT NULL,
	"state" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"failure" jsonb
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"body_hash" text NOT NULL,
	"ref" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
CREATE TABLE "inbox" (
	"inbox_id" text PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"event_key" text NOT NULL,
	"body_hash" text NOT NULL,
	"order_no" text NOT NULL,
	"kind" text NOT NULL,
	"actor" text NOT NULL,
	"payload" jsonb NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"verdict" jsonb,
	"applied_at" timestamp with time zone,
	CONSTRAINT "inbox_event" UNIQUE("source","event_key")
);
--> statement-breakpoint
CREATE TABLE "notices" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notices_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"order_no" text NOT NULL,
	"event" text NOT NULL,
	"recipient" text NOT NULL,
	"params" jsonb NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "notices_once" UNIQUE("order_no","event","recipient")
);
--> statement-breakpoint
CREATE TABLE "order_log" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "order_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"order_no" text NOT NULL,
	"step_key" text NOT NULL,
	"action" text NOT NULL,
	"actor" text NOT NULL,
	"from_state" text,
	"to_state" text NOT NULL,
	"version" integer NOT NULL,
	"input" jsonb NOT NULL,
	"result" jsonb NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "order_log_step" UNIQUE("order_no","step_key")
);
--> statement-breakpoint
CREATE TABLE "quotes" (
	"quote_id" text PRIMARY KEY NOT NULL,
	"buyer_id" text NOT NULL,
	"address_id" text NOT NULL,
	"basket" jsonb NOT NULL,
	"payable_fen" bigint NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "work_items" (
	"work_item_id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"order_no" text,
	"reason" text NOT NULL,
	"owner_role" text NOT NULL,
	"ways_out" text[] NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone,
	"outcome" text
);
--> statement-breakpoint
ALTER TABLE "contracts" ADD CONSTRAINT "contracts_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "freight_templates" ADD CONSTRAINT "freight_templates_shop_id_shops_shop_id_fk" FOREIGN KEY ("shop_id") REFERENCES "public"."shops"("shop_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shops" ADD CONSTRAINT "shops_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "skus" ADD CONSTRAINT "skus_shop_id_shops_shop_id_fk" FOREIGN KEY ("shop_id") REFERENCES "public"."shops"("shop_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "postings" ADD CONSTRAINT "postings_voucher_no_vouchers_voucher_no_fk" FOREIGN KEY ("voucher_no") REFERENCES "public"."vouchers"("voucher_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_holds" ADD CONSTRAINT "order_holds_order_no_orders_order_no_fk" FOREIGN KEY ("order_no") REFERENCES "public"."orders"("order_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_order_no_orders_order_no_fk" FOREIGN KEY ("order_no") REFERENCES "public"."orders"("order_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_parent_no_orders_order_no_fk" FOREIGN KEY ("parent_no") REFERENCES "public"."orders"("order_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "coupons_buyer" ON "coupons" USING btree ("buyer_id","state");--> statement-breakpoint
CREATE INDEX "addresses_buyer" ON "addresses" USING btree ("buyer_id");--> statement-breakpoint
CREATE INDEX "skus_category" ON "skus" USING btree ("category","sku_id");--> statement-breakpoint
CREATE INDEX "postings_debit" ON "postings" USING btree ("debit");--> statement-breakpoint
CREATE INDEX "postings_credit" ON "postings" USING btree ("credit");--> statement-breakpoint
CREATE INDEX "settlement_lines_due" ON "settlement_lines" USING btree ("state","due_at");--> statement-breakpoint
CREATE INDEX "settlement_lines_merchant" ON "settlement_lines" USING btree ("merchant_id","settled_at");--> statement-breakpoint
CREATE INDEX "vouchers_order" ON "vouchers" USING btree ("order_no");--> statement-breakpoint
CREATE INDEX "vouchers_root" ON "vouchers" USING btree ("root_no");--> statement-breakpoint
CREATE INDEX "shipments_order" ON "shipments" USING btree ("order_no");--> statement-breakpoint
CREATE INDEX "shipments_root" ON "shipments" USING btree ("root_no");--> statement-breakpoint
CREATE INDEX "orders_buyer" ON "orders" USING btree ("buyer_id","order_no");--> statement-breakpoint
CREATE INDEX "orders_merchant" ON "orders" USING btree ("merchant_id","state","order_no");--> statement-breakpoint
CREATE INDEX "orders_root" ON "orders" USING btree ("root_no");--> statement-breakpoint
CREATE INDEX "orders_payment_root" ON "orders" USING btree ("payment_root_no");--> statement-breakpoint
CREATE UNIQUE INDEX "orders_quote_once" ON "orders" USING btree ("quote_id") WHERE parent_no is null;--> statement-breakpoint
CREATE INDEX "orders_open" ON "orders" USING btree ("state","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "payments_one_open" ON "payments" USING btree ("order_no") WHERE state in ('starting', 'open');--> statement-breakpoint
CREATE INDEX "payments_order" ON "payments" USING btree ("order_no");--> statement-breakpoint
CREATE INDEX "refunds_order" ON "refunds" USING btree ("order_no");--> statement-breakpoint
CREATE INDEX "refunds_state" ON "refunds" USING btree ("state");--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "inbox_unapplied" ON "inbox" USING btree ("applied_at","received_at");--> statement-breakpoint
CREATE INDEX "notices_recipient" ON "notices" USING btree ("recipient","id");